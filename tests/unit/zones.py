#!/usr/bin/env python3
# What every zone's offset is, by Python's zoneinfo, at 4 000 instants (100 for another name of a zone) and around each change between
# them; test_zones.c reads it.
# Binary, each zone: length of its name, the name, how many instants, then of each: seconds since 1970 (8 bytes), offset in seconds (4).
import datetime
import random
import struct
import sys
import zoneinfo

INSTANTS = {"Z": 4000, "L": 100}
SECOND = datetime.timedelta(seconds=1)
FIRST = -5364662400  # 1800
LAST = 5680281600  # 2150


def names():
    with open(zoneinfo.TZPATH[0] + "/tzdata.zi", encoding="ascii") as file:
        for line in file:
            words = line.split()
            if words and words[0] in INSTANTS:
                name = words[1] if words[0] == "Z" else words[2]
                if name != "Factory":  # its own name for "not set yet"
                    yield name, INSTANTS[words[0]]


def offset(zone, seconds):
    return datetime.datetime.fromtimestamp(seconds, zone).utcoffset() // SECOND


def changes(zone, instants, offsets):
    """The two seconds around each change that lies between two of the instants, with their offsets."""
    for k in range(len(instants) - 1):
        low, high = instants[k], instants[k + 1]
        before, after = offsets[k], offsets[k + 1]
        if before == after:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            found = offset(zone, middle)
            if found == before:
                low = middle
            else:
                high, after = middle, found
        yield low, before
        yield high, after


def main():
    rand = random.Random(7)
    for name, count in sorted(set(names())):
        try:
            zone = zoneinfo.ZoneInfo(name)
        except zoneinfo.ZoneInfoNotFoundError:
            continue  # an old name, of which only the list knows
        instants = sorted(rand.randrange(FIRST, LAST) for _ in range(count))
        offsets = [offset(zone, seconds) for seconds in instants]
        found = list(zip(instants, offsets))
        if count == INSTANTS["Z"]:
            found += changes(zone, instants, offsets)
        raw = name.encode()
        out = [struct.pack("<ii", len(raw), len(found)), raw]
        out += [struct.pack("<qi", seconds, offset_s) for seconds, offset_s in found]
        sys.stdout.buffer.write(b"".join(out))


main()
