#!/usr/bin/env python3
# Publishes complaints by the CloudEvents SDK for Python, as a channel service would: publish.py BOOTSTRAP TOPIC FILE TIME
import json
import sys
from datetime import datetime

import confluent_kafka
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent

bootstrap, topic, path, time = sys.argv[1:]
failed = []


def acknowledged(error, _):
    if error:
        failed.append(str(error))


producer = confluent_kafka.Producer({'bootstrap.servers': bootstrap, 'acks': 'all'})
for line in open(path, encoding='utf-8'):
    case = json.loads(line)
    attributes = {'id': case['id'], 'source': '/sdk/python', 'type': 'complaint.submitted', 'time': datetime.fromisoformat(time.replace('Z', '+00:00'))}
    attributes.update(case.get('attributes', {}))
    data = json.dumps(case['data']).encode() if case.get('bytes') else case['data']
    write = kafka.to_structured_event if case['mode'] == 'structured' else kafka.to_binary_event
    message = write(CloudEvent(attributes, data))
    producer.produce(topic, message.value, message.key, headers=message.headers, callback=acknowledged)
if producer.flush(60) or failed:
    sys.exit(f'not acknowledged: {failed}')
