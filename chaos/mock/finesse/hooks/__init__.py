"""Where the product's code of a Finesse node asks how to behave: each method does what the documents say, unless a
defect of the mock bites. One object a node, shared by all its parts."""

from chaos.mock.finesse.hooks.node import NodeDefects

__all__ = ["NodeDefects"]
