"""What the suite knows of the machine it runs on, and what it promises about itself.

``facts``      what a machine may lack, each probed on the machine itself
``cases``      the one list of tests that need such a fact, read from cases.toml
``layers``     the order of the layers, the time of each
``promises``   no test is skipped; the list and the probed machine agree; what only the full run covers is said
``root``       the suite's own KVNODE_ROOT, so that nothing of the machine's own guests is touched
``command``    ``kvnode`` as a user calls it, and the image that tests boot
``domains``    every domain that a test renders is accepted by a libvirt newer than the machine's
``leftovers``  processes, links, namespaces, mounts, rules and files are the same after a run as before it

All but the first two are pytest plugins, named in tests/conftest.py.
"""
