"""In the interpreters that tests start: what they render is kept for the test that started them.

Python imports this by its name from PYTHONPATH (tests/environment/domains.py). Nothing is imported for it: the module
that renders is patched when somebody loads it, and whoever doesn't load it pays for a look at each import. Programs
that don't look at PYTHONPATH, as launchers, aren't reached; they render nothing.
"""

import os
import sys
from _frozen_importlib_external import PathFinder

RENDERING = "kvnode.domain.rendering"


class RenderingFinder:
    """Finds the module that renders as others would, and has it keep what it renders."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != RENDERING:
            return None
        sys.meta_path.remove(RenderingFinder)
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None:
            load = spec.loader.exec_module

            def loaded(module):
                load(module)
                render = module.render_domain
                module.render_domain = lambda plan: keep(render(plan))

            spec.loader.exec_module = loaded
        return spec


def keep(xml):
    """One file for each domain, beginning with a line that names the test."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    place = os.path.join(os.environ["KVNODE_TEST_DOMAINS"], f"{os.getpid()}.{hash(xml)}")
    if not os.path.exists(place):
        with open(f"{place}.part", "wb") as file:
            file.write(f"{test}\n".encode() + xml)
        os.rename(f"{place}.part", place)
    return xml


if os.path.isdir(os.environ.get("KVNODE_TEST_DOMAINS", "")):
    sys.meta_path.insert(0, RenderingFinder)
