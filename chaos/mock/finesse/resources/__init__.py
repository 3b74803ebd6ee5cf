"""The resources of Tomcat's API, beyond those that need the CTI server, and the table in which all of them stand.

Theory of operation
-------------------
A `Route` is one verb of one resource: its path, who may ask it, and what answers. `Gate` holds all routes of a node. It
finds the route of a request, admits who asks, or refuses him with the documented error, and only then lets the answer
be made; so an answer never looks at credentials itself, and the whole space of resources, verbs and callers can be read
off one table, which the tests do.

What administrators configure (reasons, phone books, layouts …) is kept in a `Catalogue`, as XML elements that were
checked on their way in: they are shown as they were given. Both nodes of a pair share it.
"""
