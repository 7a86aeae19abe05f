"""An invitation day (`make load`): the invited read and answer while operators export and planners work.

In a database, with a broker and with a mail server of its own, web, worker and beat run as they do in
production; Locust plays the people (`players`, a process without Django). In the end it is counted that
nothing was lost (`counts`).
"""
