"""Writes vitrine.json, the dashboard: rows of panels, each a title, a unit and its queries.

python deploy/grafana/make.py
"""

import json
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).with_name("vitrine.json")
SOURCE: Final = {"type": "prometheus", "uid": "${source}"}
NODE: Final = 'instance=~"$node"'
Query = tuple[str, str]  # expression, legend

ROWS: Final[dict[str, list[tuple[str, str, list[Query]]]]] = {
    "Is it well?": [
        ("Engines that answer", "none", [("min by (engine) (vitrine_ready{NODE})", "{{engine}}")]),
        (
            "Answers a second, by status",
            "reqps",
            [
                (
                    "sum by (status) (rate(vitrine_http_requests_total{NODE}[$__rate_interval]))",
                    "{{status}}",
                )
            ],
        ),
        (
            "Failed answers, of all",
            "percentunit",
            [
                (
                    'sum(rate(vitrine_http_requests_total{NODE, status=~"5.."}[$__rate_interval]))'
                    " / sum(rate(vitrine_http_requests_total{NODE}[$__rate_interval]))",
                    "5xx",
                )
            ],
        ),
        (
            "Time to answer, 99 of 100",
            "s",
            [
                (
                    "histogram_quantile(0.99, sum by (le, route)"
                    " (rate(vitrine_http_request_seconds_bucket{NODE}[$__rate_interval])))",
                    "{{route}}",
                )
            ],
        ),
    ],
    "Orders": [
        (
            "Orders an hour",
            "none",
            [
                (
                    "sum by (fulfilment, outcome) (increase(vitrine_orders_total{NODE}[1h]))",
                    "{{fulfilment}} {{outcome}}",
                )
            ],
        ),
        (
            "Why refused, an hour",
            "none",
            [
                (
                    "sum by (reason) (increase(vitrine_orders_refused_total{NODE}[1h]))",
                    "{{reason}}",
                )
            ],
        ),
        (
            "Webhooks: how late, how many wait",
            "none",
            [
                ("max(vitrine_webhooks_late_seconds{NODE})", "seconds late"),
                ("max(vitrine_webhooks_waiting{NODE})", "waiting"),
            ],
        ),
        (
            "Calls of receivers, a second",
            "reqps",
            [
                (
                    "sum by (outcome)"
                    " (rate(vitrine_webhook_seconds_count{NODE}[$__rate_interval]))",
                    "{{outcome}}",
                )
            ],
        ),
        (
            "Mails an hour",
            "none",
            [("sum by (outcome) (increase(vitrine_mails_total{NODE}[1h]))", "{{outcome}}")],
        ),
    ],
    "Rooms": [
        (
            "People",
            "none",
            [
                ("sum(vitrine_room_avatars{NODE})", "in rooms"),
                ("sum(vitrine_room_watching{NODE})", "watching"),
                ("sum(vitrine_sockets{NODE})", "sockets"),
            ],
        ),
        ("Rooms by node", "none", [("vitrine_rooms{NODE}", "{{instance}}")]),
        (
            "Time for a frame, mean",
            "s",
            [
                (
                    "sum by (instance)"
                    " (rate(vitrine_room_tick_seconds_sum{NODE}[$__rate_interval]))"
                    " / sum by (instance)"
                    " (rate(vitrine_room_tick_seconds_count{NODE}[$__rate_interval]))",
                    "{{instance}}",
                )
            ],
        ),
        (
            "Frames that came late, and clients let go",
            "none",
            [
                ("sum(rate(vitrine_room_frames_skipped_total{NODE}[$__rate_interval]))", "skipped"),
                ("sum(increase(vitrine_room_dropped_total{NODE}[$__rate_interval]))", "let go"),
            ],
        ),
    ],
    "Storage": [
        (
            "Documents: time, 99 of 100",
            "s",
            [
                (
                    "histogram_quantile(0.99, sum by (le, operation)"
                    " (rate(vitrine_storage_seconds_bucket{NODE}[$__rate_interval])))",
                    "{{operation}}",
                )
            ],
        ),
        (
            "Documents: operations a second, and how many wait",
            "none",
            [
                (
                    "sum by (operation)"
                    " (rate(vitrine_storage_seconds_count{NODE}[$__rate_interval]))",
                    "{{operation}}",
                ),
                ("sum(vitrine_storage_open{NODE})", "wait or run"),
            ],
        ),
        (
            "Engines that failed, an hour",
            "none",
            [
                (
                    "sum by (engine, error) (increase(vitrine_storage_errors_total{NODE}[1h]))",
                    "{{engine}} {{error}}",
                ),
                (
                    "sum by (operation) (increase(vitrine_blob_errors_total{NODE}[1h]))",
                    "files, {{operation}}",
                ),
            ],
        ),
        (
            "Files: bytes a second",
            "Bps",
            [
                (
                    "sum by (operation) (rate(vitrine_blob_bytes_total{NODE}[$__rate_interval]))",
                    "{{operation}}",
                )
            ],
        ),
    ],
    "Models": [
        (
            "Uploads an hour",
            "none",
            [("sum by (outcome) (increase(vitrine_uploads_total{NODE}[1h]))", "{{outcome}}")],
        ),
        (
            "Conversions: waiting, running",
            "none",
            [
                ("max(vitrine_conversions_waiting{NODE})", "waiting"),
                ("sum(vitrine_conversions_running{NODE})", "running"),
                ("max(vitrine_conversions_late_seconds{NODE})", "seconds the first waits"),
            ],
        ),
        (
            "Conversions an hour, by outcome",
            "none",
            [
                (
                    "sum by (outcome) (increase(vitrine_conversion_seconds_count{NODE}[1h]))",
                    "{{outcome}}",
                )
            ],
        ),
    ],
    "Processes": [
        (
            "CPU",
            "percentunit",
            [
                (
                    "rate(vitrine_process_cpu_seconds_total{NODE}[$__rate_interval])",
                    "{{instance}}",
                )
            ],
        ),
        (
            "Memory",
            "bytes",
            [("vitrine_process_resident_memory_bytes{NODE}", "{{instance}}")],
        ),
        ("Requests under way", "none", [("vitrine_http_requests_open{NODE}", "{{instance}}")]),
    ],
}


def panel(id: int, x: int, y: int, title: str, unit: str, queries: list[Query]) -> dict[str, Any]:
    """A graph, 6 of 24 columns wide."""
    return {
        "id": id,
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": 6, "h": 7},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": SOURCE,
                "expr": expression.replace("{NODE", "{" + NODE),
                "legendFormat": legend,
            }
            for number, (expression, legend) in enumerate(queries)
        ],
    }


def variable(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "label": name, **more}


def dashboard() -> dict[str, Any]:
    """Grafana's model, schema 39 (Grafana 11)."""
    panels: list[dict[str, Any]] = []
    y = 0
    for name, row in ROWS.items():
        place = {"x": 0, "y": y, "w": 24, "h": 1}
        panels.append({"id": len(panels) + 1, "type": "row", "title": name, "gridPos": place})
        y += 1
        for number, (title, unit, queries) in enumerate(row):
            x, below = number % 4 * 6, y + number // 4 * 7
            panels.append(panel(len(panels) + 1, x, below, title, unit, queries))
        y += (len(row) + 3) // 4 * 7
    return {
        "uid": "vitrine",
        "title": "Vitrine",
        "schemaVersion": 39,
        "tags": ["vitrine"],
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "timezone": "browser",
        "panels": panels,
        "templating": {
            "list": [
                variable("source", type="datasource", query="prometheus"),
                variable(
                    "node",
                    type="query",
                    datasource=SOURCE,
                    query="label_values(vitrine_build, instance)",
                    multi=True,
                    includeAll=True,
                    current={"text": "All", "value": "$__all"},
                    refresh=2,
                ),
            ]
        },
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(dashboard(), indent=1) + "\n")
