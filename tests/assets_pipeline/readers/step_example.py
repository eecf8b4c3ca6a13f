"""A box as STEP: the smallest solid that a CAD program would accept."""

from itertools import pairwise

AXES = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}
# Corners by their bits: 1 is far in x, 2 in y, 4 in z. Faces are seen from outside.
FACES = {
    (0, 0, -1): (0, 2, 3, 1), (0, 0, 1): (4, 5, 7, 6), (0, -1, 0): (0, 1, 5, 4),
    (0, 1, 0): (2, 6, 7, 3), (-1, 0, 0): (0, 4, 6, 2), (1, 0, 0): (1, 3, 7, 5),
}  # fmt: skip
UNITS = {
    "mm": ["(LENGTH_UNIT()NAMED_UNIT(*)SI_UNIT(.MILLI.,.METRE.))"],
    "m": ["(LENGTH_UNIT()NAMED_UNIT(*)SI_UNIT($,.METRE.))"],
    "in": [
        "(LENGTH_UNIT()NAMED_UNIT(*)SI_UNIT(.MILLI.,.METRE.))",
        "DIMENSIONAL_EXPONENTS(1.,0.,0.,0.,0.,0.,0.)",
        "LENGTH_MEASURE_WITH_UNIT(LENGTH_MEASURE(25.4),#{0})",
        "(CONVERSION_BASED_UNIT('INCH',#{2})LENGTH_UNIT()NAMED_UNIT(#{1}))",
    ],
}


class StepBox:
    """Writes entities and numbers them."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def add(self, entity: str) -> int:
        self.lines.append(f"#{len(self.lines) + 1}={entity};")
        return len(self.lines)

    def unit(self, name: str) -> int:
        numbers: list[int] = []
        for entity in UNITS[name]:
            numbers.append(self.add(entity.format(*numbers)))
        return numbers[-1]

    def direction(self, axis: tuple[int, ...]) -> int:
        return self.add(f"DIRECTION('',({axis[0]}.,{axis[1]}.,{axis[2]}.))")

    def placement(self, point: int, axis: tuple[int, ...], reference: tuple[int, ...]) -> int:
        main, side = self.direction(axis), self.direction(reference)
        return self.add(f"AXIS2_PLACEMENT_3D('',#{point},#{main},#{side})")

    def solid(self, size: tuple[float, float, float]) -> tuple[int, int]:
        """The solid, and the placement of its coordinates."""
        points = [
            tuple(side if corner >> axis & 1 else 0.0 for axis, side in enumerate(size))
            for corner in range(8)
        ]
        at = [self.add(f"CARTESIAN_POINT('',({p[0]},{p[1]},{p[2]}))") for p in points]
        vertices = [self.add(f"VERTEX_POINT('',#{a})") for a in at]
        edges: dict[tuple[int, int], int] = {}
        faces = []
        for normal, corners in FACES.items():
            oriented = []
            for start, end in pairwise((*corners, corners[0])):
                low, high = min(start, end), max(start, end)
                if (low, high) not in edges:
                    way = tuple(int(high >> a & 1) - int(low >> a & 1) for a in range(3))
                    vector = self.add(f"VECTOR('',#{self.direction(way)},1.)")
                    line = self.add(f"LINE('',#{at[low]},#{vector})")
                    edges[low, high] = self.add(
                        f"EDGE_CURVE('',#{vertices[low]},#{vertices[high]},#{line},.T.)"
                    )
                sense = ".T." if start < end else ".F."
                oriented.append(self.add(f"ORIENTED_EDGE('',*,*,#{edges[low, high]},{sense})"))
            loop = self.add(f"EDGE_LOOP('',({','.join(f'#{e}' for e in oriented)}))")
            bound = self.add(f"FACE_OUTER_BOUND('',#{loop},.T.)")
            reference = (0, 1, 0) if normal[0] else (1, 0, 0)
            plane = self.add(f"PLANE('',#{self.placement(at[corners[0]], normal, reference)})")
            faces.append(self.add(f"ADVANCED_FACE('',(#{bound}),#{plane},.T.)"))
        shell = self.add(f"CLOSED_SHELL('',({','.join(f'#{f}' for f in faces)}))")
        origin = self.add("CARTESIAN_POINT('',(0.,0.,0.))")
        return (
            self.add(f"MANIFOLD_SOLID_BREP('body',#{shell})"),
            self.placement(origin, AXES["z"], AXES["x"]),
        )

    def colour(self, item: int, rgb: tuple[float, float, float], context: int) -> None:
        red = self.add(f"COLOUR_RGB('',{rgb[0]},{rgb[1]},{rgb[2]})")
        style = self.add(f"FILL_AREA_STYLE_COLOUR('',#{red})")
        area = self.add(f"FILL_AREA_STYLE('',(#{style}))")
        surface = self.add(f"SURFACE_STYLE_FILL_AREA(#{area})")
        side = self.add(f"SURFACE_SIDE_STYLE('',(#{surface}))")
        usage = self.add(f"SURFACE_STYLE_USAGE(.BOTH.,#{side})")
        assigned = self.add(f"PRESENTATION_STYLE_ASSIGNMENT((#{usage}))")
        styled = self.add(f"STYLED_ITEM('',(#{assigned}),#{item})")
        self.add(
            f"MECHANICAL_DESIGN_GEOMETRIC_PRESENTATION_REPRESENTATION('',(#{styled}),#{context})"
        )


def step_box(
    size: tuple[float, float, float] = (100.0, 50.0, 20.0),
    unit: str = "mm",
    rgb: tuple[float, float, float] = (1.0, 0.5, 0.0),
    name: str = "Bracket",
) -> str:
    box = StepBox()
    application = box.add("APPLICATION_CONTEXT('automotive design')")
    box.add(
        "APPLICATION_PROTOCOL_DEFINITION('international standard','automotive_design',2000,"
        f"#{application})"
    )
    product_context = box.add(f"PRODUCT_CONTEXT('',#{application},'mechanical')")
    product = box.add(f"PRODUCT('{name}','{name}','',(#{product_context}))")
    formation = box.add(f"PRODUCT_DEFINITION_FORMATION('','',#{product})")
    design = box.add(f"PRODUCT_DEFINITION_CONTEXT('part definition',#{application},'design')")
    definition = box.add(f"PRODUCT_DEFINITION('design','',#{formation},#{design})")
    shape = box.add(f"PRODUCT_DEFINITION_SHAPE('','',#{definition})")
    length = box.unit(unit)
    angle = box.add("(NAMED_UNIT(*)PLANE_ANGLE_UNIT()SI_UNIT($,.RADIAN.))")
    solid_angle = box.add("(NAMED_UNIT(*)SI_UNIT($,.STERADIAN.)SOLID_ANGLE_UNIT())")
    uncertainty = box.add(
        f"UNCERTAINTY_MEASURE_WITH_UNIT(LENGTH_MEASURE(1.E-7),#{length},'distance','')"
    )
    context = box.add(
        "(GEOMETRIC_REPRESENTATION_CONTEXT(3)GLOBAL_UNCERTAINTY_ASSIGNED_CONTEXT"
        f"((#{uncertainty}))GLOBAL_UNIT_ASSIGNED_CONTEXT((#{length},#{angle},#{solid_angle}))"
        "REPRESENTATION_CONTEXT('',''))"
    )
    body, placement = box.solid(size)
    representation = box.add(
        f"ADVANCED_BREP_SHAPE_REPRESENTATION('',(#{placement},#{body}),#{context})"
    )
    box.add(f"SHAPE_DEFINITION_REPRESENTATION(#{shape},#{representation})")
    box.colour(body, rgb, context)
    data = "\n".join(box.lines)
    return (
        "ISO-10303-21;\nHEADER;\nFILE_DESCRIPTION((''),'2;1');\n"
        "FILE_NAME('box.step','2020-01-01T00:00:00',(''),(''),'','','');\n"
        "FILE_SCHEMA(('AUTOMOTIVE_DESIGN'));\nENDSEC;\n"
        f"DATA;\n{data}\nENDSEC;\nEND-ISO-10303-21;\n"
    )
