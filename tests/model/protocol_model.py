"""Exhaustive model of common/protocol.md: one shard, two workers, crashes, zombies, ambiguous commits, Redis roll-backs.
   python3 protocol_model.py [guard-to-remove]   guards: cas, fence, readcheck, heal, offsets, lso
   Checks in every reachable state: no output twice, none skipped in order, view == fold(changelog[:applied]), the timer
   fires at most once; and that from every state the final one is reachable (everything consumed, view complete)."""
import sys
from collections import deque
OFF = sys.argv[1] if len(sys.argv) > 1 else ''
N = 3                                   # inputs: 0 opens case A and arms its timer, 1 opens case B, 2 is A's contact, which disarms
CASE = {0: 0, 1: 1, 2: 0, 'fire': 0}    # which case an input changes: a changelog record holds one case only
CRASH, ROLL, AMBIG, SWITCH = 2, 1, 1, 3
def fold(view, what):                   # view = (A, B), each (events seen, armed, fired); gives the changelog record
    seen, armed, fired = view[CASE[what]]
    if what == 'fire': return (0, (seen, 0, 1)), ('breach',)
    if what == 0: armed = 1
    if what == 2: armed = 0
    return (CASE[what], (seen + 1, armed, fired)), ('ev%d' % what,)
S0 = ((0, 0, 0), (0, 0, 0))
def play(view, records):
    v = list(view)
    for k, st in records: v[k] = st
    return tuple(v)
# worker: (mode, gen, pos, exp, job) ; mode: idle, heal, run, read(job=(what,state)), applied-pending(job=(from,to))
IDLE = ('idle', 0, 0, 0, None)
init = (((),0), (), 0, 0, (0, S0), ((0, S0),), (IDLE, IDLE), (CRASH, ROLL, AMBIG, SWITCH))
#       log  outs committed gen redis   history       workers       budgets
def succ(s):
    (log, vis), outs, com, gen, red, hist, ws, (cr, ro, am, sw) = s
    LG=(log,vis)
    if vis<len(log): yield 'marker', ((log,len(log)),outs,com,gen,red,hist,ws,(cr,ro,am,sw))
    def w(i, x): l = list(ws); l[i] = x; return tuple(l)
    if ro:
        for h in hist:
            if h != red: yield 'rollback', (LG, outs, com, gen, h, hist, ws, (cr, ro - 1, am, sw))
    for i in (0, 1):
        mode, g, pos, exp, job = ws[i]
        if mode != 'idle' and cr: yield 'crash%d' % i, (LG, outs, com, gen, red, hist, w(i, IDLE), (cr - 1, ro, am, sw))
        if mode == 'idle' and (sw or all(x[0] == 'idle' or x[1] != gen for x in ws)):
            yield 'own%d' % i, (LG, outs, com, gen + 1, red, hist, w(i, ('heal', gen + 1, com, 0, None)), (cr, ro, am, max(0, sw - 1)))
        def put(new): return new, (hist if new in hist else hist + (new,))
        if mode == 'heal':
            if OFF == 'heal':
                yield 'noheal%d' % i, (LG, outs, com, gen, red, hist, w(i, ('run', g, pos, red[0], None)), (cr, ro, am, sw)); continue
            a, st = red
            end = vis if OFF=='lso' else len(log)
            if OFF!='lso' and vis<len(log): continue
            if a < end: new = (end, play(st, log[a:end]))
            else: new = red
            r, h = put(new)
            yield 'heal%d' % i, (LG, outs, com, gen, r, h, w(i, ('run', g, pos, new[0], None)), (cr, ro, am, sw))
        if mode == 'run':
            a, st = red
            if a != exp and OFF != 'readcheck': yield 'stale%d' % i, (LG, outs, com, gen, red, hist, w(i, ('heal', g, pos, 0, None)), (cr, ro, am, sw)); continue
            if pos < N: yield 'take%d' % i, (LG, outs, com, gen, red, hist, w(i, ('read', g, pos, exp, (pos, st))), (cr, ro, am, sw))
            if st[0][1]: yield 'due%d' % i, (LG, outs, com, gen, red, hist, w(i, ('read', g, pos, exp, ('fire', st))), (cr, ro, am, sw))
        if mode == 'read':
            what, st = job
            if g != gen and OFF != 'fence': yield 'fenced%d' % i, (LG, outs, com, gen, red, hist, w(i, IDLE), (cr, ro, am, sw)); continue
            ns, o = fold(st, what); np = pos + (what != 'fire'); nc = np if OFF != 'offsets' else com
            L, O = log + (ns,), outs + o
            yield 'commit%d' % i, ((L,vis), O, nc, gen, red, hist, w(i, ('pend', g, np, exp, len(L))), (cr, ro, am, sw))
            if am:  # outcome unknown to the worker: either way it re-reads the committed offset and heals
                yield 'lostok%d' % i, ((L,len(L)), O, nc, gen, red, hist, w(i, ('heal', g, nc, 0, None)), (cr, ro, am - 1, sw))
                yield 'lostno%d' % i, (LG, outs, com, gen, red, hist, w(i, ('heal', g, com, 0, None)), (cr, ro, am - 1, sw))
        if mode == 'pend':
            to = job
            if red[0] == exp or OFF == 'cas': r, h = put((to, play(red[1], log[to - 1:to]))); nxt = ('run', g, pos, to, None)
            else: r, h, nxt = red, hist, ('heal', g, pos, 0, None)
            yield 'apply%d' % i, (LG, outs, com, gen, r, h, w(i, nxt), (cr, ro, am, sw))
def bad(s):
    (log, vis), outs, com, gen, red, hist, ws, b = s
    if len(set(outs)) != len(outs): return 'output twice'
    ev = [o for o in outs if o != 'breach']
    if ev != ['ev%d' % k for k in range(len(ev))]: return 'output lost or out of order'
    if com != len(ev): return 'offset and outputs differ'
    a, st = red
    if st != play(S0, log[:a]): return 'view is not the fold of its changelog'
    if 'breach' in outs and 'ev2' in outs and outs.index('breach') > outs.index('ev2'): return 'breach after contact'
seen = {init: None}; q = deque([init]); rev = {}; finals = []
while q:
    s = q.popleft(); e = bad(s)
    if e:
        path = []; t = s
        while seen[t]: path.append(seen[t][0]); t = seen[t][1]
        print('VIOLATION:', e, '|', ' '.join(reversed(path))); sys.exit(1)
    if s[2] == N and s[4][0] == len(s[0][0]) and not s[4][1][0][1]: finals.append(s)
    for name, t in succ(s):
        rev.setdefault(t, []).append(s)
        if t not in seen: seen[t] = (name, s); q.append(t)
reach = set(finals); q = deque(finals)
while q:
    for p in rev.get(q.popleft(), []):
        if p not in reach: reach.add(p); q.append(p)
print(len(seen), 'states, no violation;', len(seen) - len(reach), 'states from which the end cannot be reached')
