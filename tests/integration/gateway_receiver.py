#!/usr/bin/env python3
# What redress-gateway speaks to in its test: a webhook receiver and an SMTP server (TLS), which behave as the message tells them to.
#   gateway_receiver.py FOLDER SECRET       writes FOLDER/ports ("HTTP SMTP") when it listens, and a line of JSON for each try to FOLDER/tries
# A message's first word says what becomes of its first tries: ok, ill (500 twice), busy (429 once, "Retry-After: 1"), drop (closed without an
# answer once), stall (no answer once), late (taken, but no answer once), refuse (400), away (302).
import asyncio, base64, email, email.policy, hashlib, hmac, json, os, ssl, sys, time

folder, secret = sys.argv[1], sys.argv[2]
tries, taken = {}, set()
log = open(os.path.join(folder, 'tries'), 'a', encoding='utf-8')
try:
    sys.path[:0] = [p for p in os.environ.get('STANDARDWEBHOOKS', '').split(':') if p]
    from standardwebhooks.webhooks import Webhook
    library = Webhook(secret)
except ImportError:
    library = None


def verified(headers, body):
    """By the specification's own library where it is there, else by its text."""
    if library is not None:
        try:
            library.verify(body, headers)
            return True
        except Exception:
            return False
    key = base64.b64decode(secret[len('whsec_'):])
    text = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = 'v1,' + base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
    return wanted in headers['webhook-signature'].split(' ') and abs(time.time() - int(headers['webhook-timestamp'])) < 300


def note(way, key, answer, **more):
    """Whoever honours the key takes each message once."""
    fresh = answer == 'taken' and key not in taken
    if answer == 'taken':
        taken.add(key)
    log.write(json.dumps({'way': way, 'id': key, 'answer': answer, 'fresh': fresh, 'at': time.time(), **more}) + '\n')
    log.flush()


def count(key):
    tries[key] = tries.get(key, 0) + 1
    return tries[key]


async def http(reader, writer):
    try:
        head = (await reader.readuntil(b'\r\n\r\n')).decode()
        headers = {k.lower(): v.strip() for k, v in (line.split(':', 1) for line in head.split('\r\n')[1:] if ':' in line)}
        body = await reader.readexactly(int(headers['content-length']))
        key = headers['idempotency-key']
        data = json.loads(body)['data']
        order = data.get('body', 'ok').split()[0] if 'body' in data else data['remedy'].get('detail', 'ok').split()[0]
        nth, good = count(key), verified(headers, body)
        more = {'verified': good, 'same': headers['webhook-id'] == key, 'to': data.get('to'), 'signatures': len(headers['webhook-signature'].split(' '))}

        async def answer(status, extra='', text=''):
            writer.write(f'HTTP/1.1 {status} x\r\ncontent-length: {len(text)}\r\n{extra}\r\n{text}'.encode())
            await writer.drain()
        if not good:
            note('http', key, 'not verified', **more)
            await answer(401)
        elif order == 'refuse':
            note('http', key, 'refused', **more)
            await answer(400)
        elif order == 'away':
            note('http', key, 'sent away', **more)
            await answer(302, 'location: http://127.0.0.1:1/\r\n')
        elif order == 'ill' and nth <= 2:
            note('http', key, 'ill', **more)
            await answer(500)
        elif order == 'busy' and nth == 1:
            note('http', key, 'busy', **more)
            await answer(429, 'retry-after: 1\r\n')
        elif order == 'drop' and nth == 1:
            note('http', key, 'dropped', **more)
        elif order in ('stall', 'late') and nth == 1:
            note('http', key, 'taken' if order == 'late' else 'stalled', **more)
            await asyncio.sleep(30)
        else:
            note('http', key, 'taken', **more)
            await answer(200, 'content-type: application/json\r\n', json.dumps({'reference': 'ref-' + key[-8:]}))
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def smtp(reader, writer):
    async def say(text):
        writer.write((text + '\r\n').encode())
        await writer.drain()
    to = None
    try:
        await say('220 ready')
        while line := (await reader.readline()).decode().strip():
            verb = line.upper()
            if verb.startswith(('EHLO', 'HELO')):
                await say('250 ready')
            elif verb.startswith('MAIL'):
                await say('250 ok')
            elif verb.startswith('RCPT'):
                to = line.split('<')[1].split('>')[0]
                order = to.split('@')[0].split('-')[0]
                key = to
                if order == 'refuse':
                    count(key)
                    note('smtp', key, 'refused', to=to)
                    await say('550 no such user')
                elif order == 'busy' and count(key) == 1:
                    note('smtp', key, 'busy', to=to)
                    await say('451 later')
                else:
                    await say('250 ok')
            elif verb == 'DATA':
                await say('354 go on')
                lines = []
                while (row := await reader.readline()) not in (b'.\r\n', b''):
                    lines.append(row[1:] if row.startswith(b'..') else row)
                mail = email.message_from_bytes(b''.join(lines), policy=email.policy.default)
                note('smtp', to, 'taken', to=to, subject=str(mail['subject']), message_id=str(mail['message-id']), text=mail.get_content())
                await say('250 taken')
            elif verb == 'QUIT':
                await say('221 bye')
                break
            else:
                await say('250 ok')
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(os.path.join(folder, 'cert.pem'), os.path.join(folder, 'key.pem'))
    servers = [await asyncio.start_server(http, '127.0.0.1', 0), await asyncio.start_server(smtp, '127.0.0.1', 0, ssl=context)]
    ports = [server.sockets[0].getsockname()[1] for server in servers]
    with open(os.path.join(folder, 'ports.new'), 'w', encoding='utf-8') as file:
        file.write(f"{ports[0]} {ports[1]} {'library' if library else 'text'}\n")
    os.rename(os.path.join(folder, 'ports.new'), os.path.join(folder, 'ports'))
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
