"""Filters that name people: the NIP by the viewer's need, the reader of a trace in words."""

from django import template

from employees.naming import nip_for
from employees.privacy.tables import reader_name

register = template.Library()

#: {{ person|nip:request.user }}
register.filter("nip", nip_for)
#: {{ reading|reader }}
register.filter("reader", reader_name)
