"""The proof before a deadline fires (common/protocol.md, 19), exhaustively: one activity partition -> intake -> one events partition -> sla.
   A contact is produced at some time p <= D, so it is on time. Violation: sla fires for D although that contact is in the log.
   python3 proof_model.py [lso|skipgroup|order]: own end taken as the last stable offset; intake's group not asked; own end noted first"""
import sys
from collections import deque
D, T = 3, 7
V = sys.argv[1] if len(sys.argv) > 1 else ''
#       t  produced  log of intake's txn ('none','open','decided','visible')  group offset visible  sla position  proof: None or (T, inbound end, own end or None)  proven  fired
init = (0, None, 'none', 0, 0, None, -1, 0)
def succ(s):
    t, p, tx, grp, pos, pr, ok, fired = s
    if t < T: yield 'tick', (t + 1,) + s[1:]
    if p is None and t <= D: yield 'contact produced at %d' % t, (t, t) + s[2:]
    if p is not None and tx == 'none': yield 'intake reads it, transaction open', (t, p, 'open', grp, pos, pr, ok, fired)
    if tx == 'open': yield 'intake commits (decided)', (t, p, 'decided', grp, pos, pr, ok, fired)
    if tx == 'open': yield 'intake dies, transaction aborted', (t, p, 'none', grp, pos, pr, ok, fired)
    if tx == 'decided': yield 'marker in events', (t, p, 'visible', grp, pos, pr, ok, fired)
    if tx in ('decided', 'visible') and not grp: yield 'marker in group offsets', (t, p, tx, 1, pos, pr, ok, fired)
    if tx == 'visible' and not pos: yield 'sla reads the contact', (t, p, tx, grp, 1, pr, ok, fired)
    end = (1 if tx == 'visible' else 0) if V == 'lso' else (1 if tx in ('open', 'decided', 'visible') else 0)
    if pr is None: yield 'sla asks inbound ends', (t, p, tx, grp, pos, (t, 0 if p is None else 1, end if V == 'order' else None), ok, fired)
    elif pr[2] is None:
        if grp >= pr[1] or V == 'skipgroup': yield 'group is there; sla asks own end', (t, p, tx, grp, pos, (pr[0], pr[1], end), ok, fired)
    elif pos >= pr[2] and (V != 'order' or grp >= pr[1]): yield 'proven up to %d' % pr[0], (t, p, tx, grp, pos, None, max(ok, pr[0]), fired)
    if ok > D and not pos and not fired: yield 'FIRE', (t, p, tx, grp, pos, pr, ok, 1)
seen = {init: None}; q = deque([init]); fires = 0
while q:
    s = q.popleft()
    if s[7]:
        fires += 1
        if s[1] is not None:
            path = []; x = s
            while seen[x]: path.append(seen[x][0]); x = seen[x][1]
            print('VIOLATION:', ' | '.join(n for n in reversed(path) if n != 'tick')); sys.exit(1)
        continue
    for n, x in succ(s):
        if x not in seen: seen[x] = (n, s); q.append(x)
print(len(seen), 'states, no violation;', fires, 'rightful firings reached')
