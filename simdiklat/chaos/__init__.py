"""The fault run (`make chaos`): invitations are issued and answered while their machinery is broken.

Workers, beat and broker are killed and database connections cut at random, in a database, with a broker
and with a mail server of its own. In the end everything must be right; `counts` says what that means.
"""
