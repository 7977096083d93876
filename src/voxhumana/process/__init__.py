"""The audio process, where nothing can make the sound stutter: neither a face, nor a database, nor an API.

`__main__` is what runs there, `realtime` keeps Python and the system out of its way; `spawn` starts it, and
`client` is how a face speaks with it.
"""
