"""The manifest: `kubevirt.io/v1` as typed, frozen values. Pure: nothing here touches the machine it runs on.

Types stand in modules by subject (`instance`, `cpu_memory`, `disks`, `volumes`, `network`, `devices`, `firmware`,
`features`, `status`, `virtual_machine`, `configuration`, ...) under the names that the API gives them; where two of
its groups have one name, the type says what the API calls it. `kinds` knows which kinds there are. `decode` and
`strict` read documents, `encode` writes them; `defaults`, `validation` and `unsupported` are what admission does.

Nothing is imported here: a program that only reads a guest doesn't pay for the types of an administrator's
configuration.
"""
