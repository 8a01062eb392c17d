#!/usr/bin/env python3
# Reads topics to their ends by the CloudEvents SDK for Python, as a dashboard would: read.py BOOTSTRAP OUT TOPIC...
# Writes "TOPIC PARTITION OFFSET {the event, structured}" a line; stops at the first event that the SDK cannot read, or that is not as its schema
# in deploy/contract says.
import functools
import os
import sys

import confluent_kafka
from cloudevents.core.bindings import kafka
from cloudevents.core.formats.json import JSONFormat
from confluent_kafka import TopicPartition

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../schemas'))
import validators  # noqa: E402


@functools.cache
def validator_of(name):
    return validators.validator(validators.schema_of(name))


bootstrap, out, topics = sys.argv[1], sys.argv[2], sys.argv[3:]
consumer = confluent_kafka.Consumer(
    {'bootstrap.servers': bootstrap, 'group.id': 'sdk-python', 'isolation.level': 'read_committed', 'enable.auto.commit': False, 'enable.partition.eof': True}
)
known = consumer.list_topics(timeout=60).topics
open_ends = {(topic, partition) for topic in topics for partition in known[topic].partitions}
consumer.assign([TopicPartition(topic, partition, 0) for topic, partition in open_ends])
with open(out, 'w', encoding='utf-8') as file:
    while open_ends:
        record = consumer.poll(60)
        if record is None:
            sys.exit('nothing came within a minute')
        if record.error():
            if record.error().code() != confluent_kafka.KafkaError._PARTITION_EOF:
                sys.exit(str(record.error()))
            open_ends.discard((record.topic(), record.partition()))
            continue
        event = kafka.from_kafka_event(kafka.KafkaMessage(dict(record.headers()), record.key(), record.value()))
        for error in validator_of(event.get_type()).iter_errors(event.get_data()):
            sys.exit(f'{event.get_type()} {event.get_id()}: {error.json_path}: {error.message}')
        written = JSONFormat().write(event).decode()
        file.write(f'{record.topic()} {record.partition()} {record.offset()} {written}\n')
consumer.close()
