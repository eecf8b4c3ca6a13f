"""The storage engines, and what stands on them: each beside what it cannot beat.

    python -m tests.bench.bench_storage [--only sqlite|mongo|serving|nodes] [--rounds 3]

What is compared is measured in turns in the same run, and the figure is the median of the rounds:
a disk that others use gives 150 to 4,000 fsyncs a second from one moment to the next.
"""

import argparse
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench import storage_mongo, storage_sqlite
from tests.servers.mongo import which_mongo

FIRST = (
    *("sqlite_orders_vs_combined", "sqlite_orders_vs_fsync", "mongo_hot_vs_spread"),
    *("serve_vs_nginx_1mb", "two_nodes_scaling"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parts: dict[str, Callable[[argparse.Namespace, Console], dict[str, str]]] = {
        "sqlite": sqlite,
        "mongo": mongo,
        "serving": serving,
        "nodes": nodes,
    }
    parser.add_argument("--only", choices=parts, action="append", help="repeatable")
    parser.add_argument("--rounds", type=int, default=3, help="of which the median counts")
    parser.add_argument("--seconds", type=float, default=3.0, help="of each measurement")
    parser.add_argument("--folder", type=Path, default=Path(), help="on the disk to be measured")
    options = parser.parse_args()
    console = Console(width=160)
    pairs: dict[str, str] = {}
    for name in options.only or parts:
        pairs |= parts[name](options, console)
    pairs = {key: pairs[key] for key in FIRST if key in pairs} | pairs
    print("bench-storage:", *(f"{key}={value}" for key, value in pairs.items()))


def sqlite(options: argparse.Namespace, console: Console) -> dict[str, str]:
    with tempfile.TemporaryDirectory(dir=options.folder, prefix=".bench-") as folder:
        rounds = storage_sqlite.measure(Path(folder), options.rounds, options.seconds)
    table = Table("fsyncs/s", "bare orders/s, 64 a commit", "orders/s through the port", "p99 ms")
    for one in rounds:
        table.add_row(
            f"{one.fsyncs:.0f}", f"{one.combined:.0f}", f"{one.orders:.0f}", f"{one.p99_ms:.1f}"
        )
    console.print(f"SQLite, {storage_sqlite.CALLERS} callers, two lines an order", table)
    return storage_sqlite.figures(rounds)


def mongo(options: argparse.Namespace, console: Console) -> dict[str, str]:
    rounds = storage_mongo.measure(options.rounds, options.seconds)
    table = Table(
        *("one product: orders/s", "64 products: orders/s", "slowest ms", "idle seconds"),
        *("sold of the last 500", "two processes, one product: orders/s"),
    )
    for one in rounds:
        table.add_row(
            f"{one.hot:.0f}",
            f"{one.spread:.0f}",
            f"{one.slowest_ms:.0f}",
            *(str(one.idle), str(one.sold), f"{one.doubly:.0f}"),
        )
    console.print(f"{which_mongo()}, {storage_mongo.CALLERS} callers", table)
    return storage_mongo.figures(rounds)


def serving(options: argparse.Namespace, console: Console) -> dict[str, str]:
    from tests.bench.serving import measure

    return measure(options.rounds, console)


def nodes(_: argparse.Namespace, __: Console) -> dict[str, str]:
    from tests.bench.two_nodes import two_nodes

    return {"two_nodes_scaling": f"{two_nodes():.2f}"}


if __name__ == "__main__":
    main()
