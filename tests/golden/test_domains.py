"""Whole domains, compared with what they were. Every field of every plan is in at least one of them."""

import msgspec
import pytest

import kvnode
from kvnode.planning import device_plans, domain_plan
from tests.golden.folders import FOLDERS, golden_plan, indented


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_the_domain_is_what_it_was(folder, regenerate):
    made = indented(kvnode.render(golden_plan(folder)))
    golden = folder / "domain.xml"
    if regenerate:
        golden.write_text(made)
    assert made == golden.read_text(), f"{folder.name} changed; where that is meant: pytest tests/golden --regenerate"


def structs(value):
    """A plan's structs, all the way down."""
    if isinstance(value, msgspec.Struct):
        yield value
        for name in value.__struct_fields__:
            yield from structs(getattr(value, name))
    elif isinstance(value, tuple):
        for one in value:
            yield from structs(one)


def test_every_field_of_every_plan_is_in_a_golden_domain():
    declared = {
        (kind.__name__, field.name)
        for module in (domain_plan, device_plans)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__
        for field in msgspec.structs.fields(kind)
    }
    touched = set()
    for folder in FOLDERS:
        for one in structs(golden_plan(folder)):
            for field in msgspec.structs.fields(type(one)):
                if field.required or getattr(one, field.name) != field.default:
                    touched.add((type(one).__name__, field.name))
    assert not declared - touched, sorted(declared - touched)
