"""The web face: pages of Gradio on the server's app, and what they need of the machine.

`app` puts it together, `page` lays it out; `booth` is the live session that all open pages share, and
`socket` its way to them. `static/` holds what runs in the browser; nothing there comes from outside.
"""
