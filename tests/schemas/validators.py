# The schemas of deploy/contract as validators: times are checked, and patterns mean what they mean in ECMA-262 (Python's $ matches before a
# line end, too).
import datetime
import json
import os
import re

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../deploy/contract')
TIME = re.compile(r'([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|([+-])([0-9]{2}):([0-9]{2}))')
DAY_S = 86400


def seconds(text):
    """Of a time as RFC 3339 has it, since 1970; a leap second counts as the one before it. None: it is none."""
    match = TIME.fullmatch(text)
    if not match:
        return None
    hour, minute, second = (int(match[i]) for i in (2, 3, 4))
    sign, hours, minutes = match[7], int(match[8] or 0), int(match[9] or 0)
    if hour > 23 or minute > 59 or second > 60 or hours > 23 or minutes > 59:
        return None
    year, month, day = (int(part) for part in match[1].split('-'))
    try:  # Python knows no year 0, which was a leap year like 2000
        days = datetime.date(year or 2000, month, day).toordinal() - datetime.date(1970, 1, 1).toordinal() - (0 if year else 730485)
    except ValueError:
        return None
    utc = days * DAY_S + hour * 3600 + minute * 60 + second - (second == 60) - (-1 if sign == '-' else 1) * (hours * 3600 + minutes * 60)
    if second == 60 and utc % DAY_S != DAY_S - 1:
        return None
    return utc


formats = FormatChecker(())


@formats.checks('date-time')
def is_time(value):
    return not isinstance(value, str) or seconds(value) is not None


SEGMENT = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})*"
URI = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):)?"
    rf"(?://(?:(?P<user>{SEGMENT})@)?(?P<host>\[[0-9A-Fa-f:.]*\]|{SEGMENT.replace(':@', '')})(?::[0-9]*)?(?P<rest>(?:/{SEGMENT})*)|(?P<path>{SEGMENT}(?:/{SEGMENT})*))"
    rf"(?:\?(?:{SEGMENT}|[/?])*)?(?:\#(?:{SEGMENT}|[/?])*)?"
)


@formats.checks('uri-reference')
def is_uri(value):
    """RFC 3986, section 4.1, but for the inside of an IPv6 address."""
    match = isinstance(value, str) and URI.fullmatch(value)
    if not match:
        return not isinstance(value, str)
    if match['host'] is not None:
        return '@' not in (match['user'] or '')
    return not match['path'].startswith('//') and (match['scheme'] is not None or ':' not in match['path'].split('/')[0])


def has_pattern(_, pattern, value, schema):
    if isinstance(value, str) and not re.search(re.sub(r'\$$', r'\\Z', pattern), value):
        yield ValidationError(f'does not match {pattern}')


Validator = extend(Draft202012Validator, {'pattern': has_pattern})


def validator(schema):
    return Validator(schema, format_checker=formats)


def schema_of(name):
    with open(f'{FOLDER}/schemas/{name}.json', encoding='utf-8') as file:
        return json.load(file)


def asyncapi():
    with open(f'{FOLDER}/asyncapi.json', encoding='utf-8') as file:
        return json.load(file)
