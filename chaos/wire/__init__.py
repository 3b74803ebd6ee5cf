"""Sans-IO codecs: bytes in, typed values out, and back. Imports the leaves only."""
