#!/usr/bin/env python3
# Whether schemas and code agree: agree.py JUDGE [DOCUMENTS [SEED]]. For each type of event, and for the attributes, documents are made from the
# schema, each is broken in one place or two, and each is judged by the schema and by the code (judge.c). A verdict that differs is an error, unless it is one of those that
# the tables JSON_SAYS_MORE, CODE_SAYS_MORE and CODE_TAKES_MORE name. Prints how often each of these was met: a long run must meet all.
import collections
import json
import random
import re
import subprocess
import sys
import time

import validators

ROUNDS = 25  # broken ones of each document
SOAK = 100  # documents of each type from which each named difference must be met
INT64_MAX = 2**63 - 1


class Raw(str):
    """A value written as it stands: numbers in ways of their own, what Python cannot hold, a key that comes twice."""


def write(value):
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, dict):
        return '{' + ','.join(json.dumps(key) + ':' + write(value[key]) for key in value) + '}'
    if isinstance(value, list):
        return '[' + ','.join(write(member) for member in value) + ']'
    if isinstance(value, str) and not re.search('[\ud800-\udfff]', value):
        return json.dumps(value, ensure_ascii=random.random() < 0.3)
    return json.dumps(value)


# ---- Documents from a schema ----

ODD = ['😀', '\u00e9', 'e\u0301', '中文', '\u200b', '\ufeff', '\ufffd', '"', '\\', '/', '<', ' ', "'", ',', '\U0010ffff', '٣']
CONTROL = ['\t', '\n', '\r\n', '\x0b', '\x1b', '\x7f', '\x85', '\u061c', '\u200e', '\u2028', '\u202e', '\u2066', '\u2069']
ID = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._:-'
BASE32 = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'


def a_case(rng):
    return rng.choice('0123456789ABCDEF') + ''.join(rng.choices(BASE32, k=12)) + '-' + ''.join(rng.choices(BASE32, k=7))


def a_time(rng):
    moment = time.strftime(rng.choice(['%Y-%m-%dT%H:%M:%S', '%Y-%m-%dt%H:%M:%S']), time.gmtime(rng.choice([rng.randrange(86400, 2**32), 2**31 - 1, 2**31])))
    return moment + rng.choice(['', '.1', '.123', '.999999999']) + rng.choice(['Z', 'z', '+00:00', '-00:00', '+08:00', '-11:30', '+14:00'])


def a_name(rng, low, high):
    length = rng.choice([low, high, rng.randint(low, min(high, low + 12))])
    return ''.join(rng.choice(ODD) if rng.random() < 0.1 else rng.choice(ID) for _ in range(length))


def a_text(schema, rng):
    pattern = schema.get('pattern', '')
    if 'enum' in schema:
        return rng.choice(schema['enum'])
    if schema.get('format') == 'date-time':
        return a_time(rng)
    if schema.get('format') == 'uri-reference':
        return rng.choice(URIS[:4])
    if pattern == '^1\\.0$':
        return '1.0'
    if '12}-' in pattern:
        return a_case(rng)
    if '{1,128}' in pattern:
        return ''.join(rng.choices(ID, k=rng.choice([1, 128, rng.randint(1, 20)])))
    if pattern.startswith('^(AED') or pattern == '^[A-Z]{3}$':
        return rng.choice(['CNY', 'USD', 'AED', 'ZWL', 'JPY'])
    if pattern.startswith('^[0-9]+'):
        return str(rng.randrange(1000)) + rng.choice(['ms', 's', 'm', 'h', 'd'])
    assert pattern in ('', '^[^\\u0000]*$') or pattern.startswith('^[^\\u0000-'), pattern
    return a_name(rng, schema.get('minLength', 0), schema.get('maxLength', 300))


def a_number(schema, rng):
    low = schema.get('minimum', schema.get('exclusiveMinimum', -INT64_MAX - 1))
    high = schema.get('maximum', schema.get('exclusiveMaximum', INT64_MAX))
    if 'integer' not in schema['type']:
        return rng.choice([rng.random() * min(high, 100), 1, 0])
    number = rng.choice([low, high, rng.randint(low, high), low + 1])
    return Raw(f'{number}.0') if abs(number) < 2**53 and rng.random() < 0.2 else number


def a_map(schema, rng):
    members = list(schema.get('properties', {}).items())
    rng.shuffle(members)
    required = schema.get('required', [])
    made = {name: a_value(member, rng) for name, member in members if name in required or rng.random() < 0.5}
    if 'propertyNames' in schema:
        made.update((a_name(rng, 1, rng.choice([5, 200])), a_value(schema['additionalProperties'], rng)) for _ in range(rng.randint(0, 3)))
    return made


def a_value(schema, rng):
    for key in ('anyOf', 'allOf'):
        if key in schema and 'properties' not in schema:
            return a_value(rng.choice(schema[key]), rng)
    kinds = schema.get('type', 'any')
    kind = rng.choice(kinds) if isinstance(kinds, list) else kinds
    if kind == 'object':
        return a_map(schema, rng)
    if kind == 'array':
        low = schema.get('minItems', 0)
        count = rng.choice([low, low + 1, rng.randint(low, 3 + low), schema['maxItems'] if rng.random() < 0.02 and 'maxItems' in schema else low])
        return [a_value(schema['items'], rng) for _ in range(count)]
    if kind in ('integer', 'number'):
        return a_number(schema, rng)
    return {'string': lambda: a_text(schema, rng), 'boolean': lambda: rng.random() < 0.5, 'null': lambda: None, 'any': lambda: {}}[kind]()


def a_document(name, validator, rng):
    """One that the schema takes: what stands beside properties (allOf) is hit by trying."""
    for _ in range(200):
        made = a_value(validator.schema, rng)
        if validator.is_valid(json.loads(write(made))):
            return made
    sys.exit(f'{name}: no document')


# ---- What is broken ----

TIMES = ['2026-02-29T00:00:00Z', '2024-02-29T00:00:00Z', '2026-11-22 17:19:16Z', '2026-11-22T17:19:16', '2026-11-22', '1970-01-01T00:00:00Z', '1969-12-31T23:59:59Z',
         '1970-01-01T00:00:00.001Z', '9999-12-31T23:59:59-01:00', '9999-12-31T23:59:59Z', '0000-02-29T00:00:00Z', '2016-12-31T23:59:60Z', '2016-12-31T23:59:60+08:00',
         '2026-11-22T24:00:00Z', '2026-11-22T17:60:00Z', '2026-11-22T17:19:16.1234567890Z', '2026-11-22T17:19:16.Z', '2026-11-22T17:19:16+0800', '2026-13-01T00:00:00Z',
         '2026-11-22T17:19:16+24:00', '2026-11-22T17:19:16Z ', '\t2026-11-22T17:19:16Z\n', '٢026-11-22T17:19:16Z', '+2026-11-22T17:19:16Z', '20261122T171916Z', '1795368000000']
URIS = ['/shop/app', 'https://shop.example:8443/a?b=c#d', 'urn:shop:app', 'shop', '', '.', '#a', '?a', 'a:', ':', 'a:b', '1a:b', 'a/b:c', '//', '//h', '///a', 'a//b', 'Shop App', '/a%20b', '/a%2', '/%zz', '[::1]', '//[::1]:80/', '//[::1', '//[v1.x]/', '//u:p@h',
        '//u@v@h', 'http://h:8a/', 'http:', 'http:#a', '/店', '/a\\b', '/a"b', '/a|b', '/a^b', '/{a}', '/a#b#c', 'mailto:a@b.c', '/' + 'x' * 199, '/' + 'x' * 200, '/a\n', '*', "!$&'()*+,;=", '@']
WORDS = ['', ' ', 'x', 'im', 'IM', ' ｉｍ\n', 'Im', 'vip\n', 'CNY', 'cny', 'RMB', 'XXX', 'CNY ', 'CNY\n', 'null', 'true', '1', '90s', '1h30m', '36501d', '876000h', '1e2s', '-1s', '0ms', 'quality.damaged', 'quality.damaged ', 'quality.x', 'case.opened', 'decision.approved', 'other\n',
         'BYCRCNPA1C41H-FRGWX4V', 'bycrcnpa1c41h-frgwx4v', 'BYCRCNPA1C41H-FRGWX4V\n', 'ZYCRCNPA1C41H-FRGWX4V', 'A1001', 'A1001\n', '\ufeffA1001', 'a b', '中', '\x00', 'a\x00b', '\ud83d', 'a\udc00b']
NUMBERS = ['0', '-0', '-0.0', '1', '-1', '1.0', '1.5', '29900.0', '2.99e4', '299E2', '1e0', '5.0000000000000001', '0.1e1', '6', '101', '1000000', '1000001', '1e6', '100000.1e1', '999999999999999', '1000000000000000', '9.99999999999999e14',
           '9007199254740993.0', '9223372036854775807', '9223372036854775808', '-9223372036854775809', '18446744073709551615', '123456789012345678901234567890', '1e15', '1e300', '1e-300', '1e400', '-1e400', '33.333']


def a_trap(rng):
    kind = rng.randrange(9)
    if kind == 0:
        return rng.choice(TIMES)
    if kind == 1:
        return Raw(rng.choice(NUMBERS))
    if kind == 2:
        return rng.choice([None, True, False, [], {}, [None], {'': None}, [[]], {'x': {}}])
    if kind == 3:
        return ''.join(rng.choices(ID, k=rng.choice([1, 16, 17, 35, 36, 40, 41, 64, 65, 128, 129, 200, 201, 254, 255, 2000, 2001])))
    if kind == 4:
        return rng.choice(ODD) * rng.choice([1, 16, 17, 200, 201, 8000, 8001])
    if kind == 5:
        return rng.choice(ID) + rng.choice(CONTROL) + rng.choice(['', 'x'])
    if kind == 6:
        return rng.choice(CONTROL) * rng.choice([1, 3])
    return rng.choice(WORDS)


def places(value, at=()):
    yield at
    if isinstance(value, dict):
        for key in value:
            yield from places(value[key], at + (key,))
    elif isinstance(value, list):
        for i, member in enumerate(value):
            yield from places(member, at + (i,))


def changed(value, at, change):
    if not at:
        return change(value)
    copy = value.copy()
    if len(at) == 1 and change is None:
        del copy[at[0]]
    else:
        copy[at[0]] = changed(value[at[0]], at[1:], change)
    return copy


def around(value, rng):
    """A value with something about it; a number written otherwise; one more or less."""
    if isinstance(value, bool) or value is None:
        return rng.choice([str(value), int(value or 0)])
    if isinstance(value, (int, float, Raw)):
        if not re.fullmatch('[-0-9.]{1,20}', str(value)):
            return 7
        number = float(value)
        return Raw(rng.choice([f'{int(number)}.0', f'{int(number) + 1}', f'{int(number) - 1}', f'{number}', f'"{value}"', f'{number}5', f'{int(number)}e0']))
    if isinstance(value, str):
        return rng.choice([value + rng.choice(CONTROL + [' ']), rng.choice(CONTROL + [' ']) + value, value + 'x', value[:-1], value.upper(), value.lower(), value[: len(value) // 2] + rng.choice(CONTROL + ODD) + value[len(value) // 2 :], [value]])
    if isinstance(value, list):
        return rng.choice([value + value[:1], value[:-1], value * 60, value + [None], value[0] if value else None])
    return rng.choice([[value], {**value, 'unknown': a_trap(rng)}, {**value, rng.choice(ODD + CONTROL): a_trap(rng)}, {}])


# Of members whose values depend on each other.
TWISTS = {
    'fault': [{'a': 60, 'b': 40.5}, {'a': 33.3333334, 'b': 66.6666667}, {'a': 50, 'b': 50.0}, {'a': Raw('100.0000001')}, {'a': -0.1}],
    'placed_to': ['1971-01-01T00:00:00Z', '1971-01-01T00:00:00.000000000+00:00'],
    'before': ['36500d', '36501d', '876000h', '99999999999999999999ms'],
}


def twisted(document, rng):
    name = rng.choice(list(document))
    name = rng.choice([*sorted(TWISTS.keys() & document.keys()), name])
    if name in TWISTS:
        return {**document, name: rng.choice(TWISTS[name]), **({'placed_from': '1971-01-01T00:00:00Z'} if name == 'placed_to' else {})}
    if isinstance(document[name], list) and document[name]:
        member = document[name][0]
        blank = {key: rng.choice(CONTROL) if isinstance(member[key], str) else member[key] for key in member} if isinstance(member, dict) else member
        return {**document, name: document[name] + [rng.choice([member, blank])]}
    return document


def broken(document, rng):
    at = rng.choice(list(places(document)))
    kind = rng.randrange(6)
    if kind == 5 and isinstance(document, dict) and document:
        return twisted(document, rng)
    if kind == 0 and at:
        return changed(document, at, None)
    if kind == 1:
        return changed(document, at, lambda value: around(value, rng))
    if kind == 2 and rng.random() < 0.1:
        return changed(document, (), lambda value: {**value, 'unknown': rng.choice([Raw('[' * 20 + ']' * 20), [0] * 5000, 'x' * 70000, Raw('1,"unknown":2'), 'a\x00', Raw('{"a":{"a":1,"a":1}}')])} if isinstance(value, dict) else value)
    return changed(document, at, lambda _: a_trap(rng))


# ---- Differences that there are for a reason ----

def texts(value):
    if isinstance(value, dict):
        for key in value:
            yield key
            yield from texts(value[key])
    elif isinstance(value, list):
        for member in value:
            yield from texts(member)
    elif isinstance(value, str):
        yield value


def depth(value):
    if isinstance(value, (dict, list)):
        return 1 + max((depth(member) for member in (value.values() if isinstance(value, dict) else value)), default=0)
    return 0


def count(value):
    if isinstance(value, (dict, list)):
        return 1 + sum(count(member) for member in (value.values() if isinstance(value, dict) else value))
    return 1


def numbers(value):
    if isinstance(value, (dict, list)):
        for member in value.values() if isinstance(value, dict) else value:
            yield from numbers(member)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield value


def is_clean(text):
    return clean(text) == text


BREAKS = '[\t-\r\x85\u2028\u2029]'
HIDDEN = '[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]'
AROUND = ' \xa0\u200b\u3000\ufeff' + ''.join(map(chr, [*range(0x20), *range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2060, 0x2070)]))


def clean(text):
    return re.sub(HIDDEN, '', re.sub(f'({BREAKS}|{HIDDEN})*{BREAKS}({BREAKS}|{HIDDEN})*', ' ', text)).strip(AROUND)


def times(value):
    return [seconds for seconds in (validators.seconds(text.strip(AROUND)) for text in texts(value)) if seconds is not None]


def shares(data):
    fault = data.get('fault') if isinstance(data, dict) else None
    return fault.values() if isinstance(fault, dict) else []


def options(data):
    made = data.get('options') if isinstance(data, dict) else None
    return [option['option'] for option in made if isinstance(option, dict) and isinstance(option.get('option'), str)] if isinstance(made, list) else []


def is_placed(data):
    ends = [validators.seconds(str(data.get(key)).strip(AROUND)) for key in ('placed_from', 'placed_to')]
    return None not in ends and ends[0] >= ends[1]


def twice(pairs):
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise KeyError
    return dict(pairs)


def has_twice(text):
    try:
        json.loads(text, object_pairs_hook=twice)
        return False
    except KeyError:
        return True


# What no JSON Schema sees: reason of the code, and whether it is so.
JSON_SAYS_MORE = {
    'too_large': lambda text, data: len(text.encode('utf-8', 'surrogatepass')) > 65536,
    'too_deep': lambda text, data: depth(data) > 16,
    'too_many_values': lambda text, data: count(data) > 4096,
    'duplicate_key': lambda text, data: has_twice(text),
    'not_json': lambda text, data: any('\x00' in found for found in texts(data)),
}
# What a JSON Schema cannot say: what the code says, and whether it is so.
CODE_SAYS_MORE = {
    'a time before or at 1970, which is how structs say that there is none, or after 9999': ('time with an offset', lambda data: any(at < 1 or at >= 253402300800 for at in times(data))),
    'a fraction of more than nine digits': ('time with an offset', lambda data: any(re.search(r'\.[0-9]{10}', text) for text in texts(data))),
    'shares of a fault of more than 100 together': ('at most 100 together', lambda data: sum(shares(data)) > 100),
    'options of one name': ('a name of its own', lambda data: len(set(options(data))) < len(options(data))),
    'a placement that ends before it begins': ('a time after placed_from', is_placed),
    'cleaned, there is nothing left': ('found 0 characters', lambda data: any(text and not clean(text) for text in texts(data))),
    'a match that is cleaned, and nothing is left': ('one or more of carrier', lambda data: any(text and not clean(text) for text in texts(data))),
    'a type that there is not': ('type of the contract', lambda data: data.get('ce_type') != 'customer.erased'),
    'a type that comes in elsewhere, or not at all': ('comes in on', lambda data: data.get('ce_type') != 'customer.erased'),
    'a time ahead of the clock': ('5 minutes ahead', lambda data: validators.seconds(data['ce_time']) > 1795368256),
    'a source at which Java stops': ('source: expected a URI', lambda data: data['ce_source'] in ('a:', 'http:', 'http:#a', '//', '//[v1.x]/')),
    'logged: an integer beyond 64 bits, or written with a fraction beyond those that doubles hold': ('expected an integer', lambda data: any(abs(number) > (INT64_MAX if isinstance(number, int) else 2**53 - 1) for number in numbers(data))),
    'logged: a duration of more than 100 years': ('expected a duration', lambda data: any(re.fullmatch(r'[0-9]{5,}[a-z]+', text) for text in texts(data))),
}


def folded(text):
    return re.sub('[ \t\r\n]', '', text.translate({c: c - 0xFF00 + 0x20 for c in range(0xFF01, 0xFF5F)}).replace('\u3000', ' ').replace('\xa0', ' ')).lower()


def takes(error, value):
    return validators.validator(error.schema).is_valid(value)


# What the code takes beyond the schema, which says how it should be: of each of the schema's errors.
CODE_TAKES_MORE = {
    'cleaned': lambda error, inbound: inbound and isinstance(error.instance, str) and not is_clean(error.instance) and takes(error, clean(error.instance)),
    'a channel in capitals, in full width, with blanks': lambda error, inbound: inbound and list(error.path) == ['channel'] and isinstance(error.instance, str) and folded(error.instance) in error.schema['enum'],
    'shares of a fault that are rounded': lambda error, inbound: inbound and error.validator == 'anyOf' and list(error.path) == ['fault'] and 100 < sum(error.instance.values()) <= 100.000001,
    # Workers do not check one another: a newer one may know more than an older.
    'logged: null': lambda error, inbound: not inbound and error.instance is None,
    'logged: another form of case id': lambda error, inbound: not inbound and '12}-' in str(error.validator_value) and re.fullmatch('[A-Za-z0-9._:-]{1,128}', error.instance),
    'logged: neither case nor order, or nothing to match': lambda error, inbound: not inbound and error.validator == 'anyOf',
    'logged: a split of another form': lambda error, inbound: not inbound and 'split' in list(error.path) + [error.validator],
}


def explained(text, data, errors, said, inbound):
    """The name of the difference; None: there is none of that kind."""
    reason, _, detail = said.partition(': ')
    if not errors:
        if reason in JSON_SAYS_MORE:
            return reason if JSON_SAYS_MORE[reason](text, data) else None
        return next((name for name, (words, is_so) in CODE_SAYS_MORE.items() if words in detail and is_so(data)), None)
    names = [next((name for name, is_so in CODE_TAKES_MORE.items() if is_so(error, inbound)), None) for error in errors]
    return names[0] if None not in names else None


# ---- All of it ----

def judged(judge, lines):
    said = subprocess.run([judge], input='\n'.join(lines) + '\n', stdout=subprocess.PIPE, encoding='utf-8', errors='surrogatepass', check=True).stdout
    verdicts = said.split('\n')[:-1]
    assert len(verdicts) == len(lines)
    return verdicts


def inbound_types():
    """Whether each type comes in from outside."""
    channels = validators.asyncapi()['channels']
    return {name: channel in ('complaints', 'activity', 'decisions') for channel in ('events', 'deliveries', 'settlements', 'complaints', 'activity', 'decisions') for name in channels[channel]['messages']}


INBOUND = inbound_types()


def an_envelope(schema, rng):
    """Headers are texts: of a type that is there, whole or with one that is odd."""
    made = {name: a_text(member, rng) for name, member in schema['properties'].items() if name != 'ce_type' and (name in schema['required'] or rng.random() < 0.3)}
    made['ce_type'] = 'customer.erased'
    made['ce_time'] = a_time(rng) if rng.random() < 0.1 else '2026-11-22T17:19:16Z'
    name = rng.choice([name for name in schema['properties'] if name != 'redress_from'])
    odd = rng.choice([a_trap(rng), rng.choice(WORDS), rng.choice(URIS), rng.choice(TIMES), around(made.get(name, ''), rng), None])
    return {**made, name: odd.replace('\0', '')} if isinstance(odd, str) and not isinstance(odd, Raw) else {key: made[key] for key in made if key != name}


def all_documents(documents, rng):
    """Name, validator and documents of each type, and of the attributes."""
    attributes = validators.asyncapi()['components']['schemas']['attributes']
    yield 'attributes', validators.validator(attributes), [an_envelope(attributes, rng) for _ in range(documents * ROUNDS * 4)]
    for name in sorted(INBOUND):
        validator = validators.validator(validators.schema_of(name))
        made = []
        for _ in range(documents):
            document = a_document(name, validator, rng)
            made += [document] + [broken(broken(document, rng) if rng.random() < 0.2 else document, rng) for _ in range(ROUNDS)]
        yield name, validator, made


def main():
    sys.stdout.reconfigure(errors='backslashreplace')
    judge, documents = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 8
    seed = sys.argv[3] if len(sys.argv) > 3 else '1'
    seed = time.time_ns() if seed == 'now' else int(seed)
    rng = random.Random(seed)
    random.seed(seed)
    met, wrong, taken, total = collections.Counter(), 0, 0, 0
    for name, validator, made in all_documents(documents, rng):
        written = [write(document) for document in made]
        for text, said in zip(written, judged(judge, [f'{name}\t{text}' for text in written])):
            data = json.loads(text)
            errors = list(validator.iter_errors(data))
            total += 1
            taken += said == 'ok'
            if (said == 'ok') == (not errors):
                continue
            why = explained(text, data, errors, said, INBOUND.get(name, True))
            met[why] += 1
            if why is None and (wrong := wrong + 1) <= 20:
                print(f'{name}: the code says {said}; the schema says {[error.json_path + ": " + error.message[:150] for error in errors] or "ok"}\n    {text[:400]}')
    for name, times_met in sorted(met.items(), key=str):
        print(f'{times_met:6} {name}')
    never = [name for name in [*JSON_SAYS_MORE, *CODE_SAYS_MORE, *CODE_TAKES_MORE] if name not in met]
    print(f'seed {seed}: {total} documents, {taken} accepted, {wrong} differences without a reason, never met: {never or "none"}')
    sys.exit(wrong > 0 or (documents >= SOAK and bool(never)))


main()
