// Publishes complaints by the CloudEvents SDK for JavaScript, as a channel service would: publish.mjs BOOTSTRAP TOPIC FILE TIME
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.SDK_NODE}/`);
const { CloudEvent, Kafka: Binding } = require('cloudevents');
const { Kafka, Partitioners, logLevel } = require('kafkajs');

const [bootstrap, topic, path, time] = process.argv.slice(2);
const producer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR }).producer({ createPartitioner: Partitioners.DefaultPartitioner });

// kafkajs takes texts and bytes; what the SDK leaves undefined is not there.
const asText = (value) => (ArrayBuffer.isView(value) ? Buffer.from(value) : typeof value === 'object' ? JSON.stringify(value) : String(value));
const present = (headers) => Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined).map(([name, value]) => [name, asText(value)]));

await producer.connect();
for (const line of readFileSync(path, 'utf8').trim().split('\n')) {
  const given = JSON.parse(line);
  const data = given.bytes ? Buffer.from(JSON.stringify(given.data)) : given.data;
  const attributes = { id: given.id, source: '/sdk/javascript', type: 'complaint.submitted', time, ...given.attributes, data };
  const event = new CloudEvent(attributes, !given.rejected); // its own checks refuse some of what is to be refused
  const message = given.mode === 'structured' ? Binding.structured(event) : Binding.binary(event);
  await producer.send({ topic, acks: -1, messages: [{ key: message.key, value: asText(message.value), headers: present(message.headers) }] });
}
await producer.disconnect();
