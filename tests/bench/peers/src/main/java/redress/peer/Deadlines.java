package redress.peer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Deadlines of cases as one would write them with Kafka Streams, exactly-once: two targets a case, started when it is opened and classified, and a
 * breach for each that comes due. It keeps no view in Redis, no facts, and proves nothing before it fires.
 * Arguments: broker, input topic, output topic, folder for its state.
 */
public final class Deadlines implements Processor<String, byte[], String, byte[]> {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long FIRST_CONTACT_MS = 2 * 3600_000L;
  private static final long RESOLUTION_MS = 48 * 3600_000L;

  private ProcessorContext<String, byte[]> context;
  private KeyValueStore<String, byte[]> cases;
  private KeyValueStore<byte[], byte[]> due;

  @Override
  public void init(ProcessorContext<String, byte[]> given) {
    context = given;
    cases = given.getStateStore("cases");
    due = given.getStateStore("due");
    given.schedule(Duration.ofMillis(Integer.getInteger("punctuate", 100)), PunctuationType.WALL_CLOCK_TIME, this::fire);
  }

  @Override
  public void process(Record<String, byte[]> record) {
    Header header = record.headers().lastHeader("ce_type");
    String type = header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    if (!type.equals("case.opened") && !type.equals("case.classified")) return;
    try {
      take(record, type, JSON.readTree(record.value()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void take(Record<String, byte[]> record, String type, JsonNode data) throws IOException {
    String id = data.get("case_id").asText();
    byte[] old = cases.get(id);
    ObjectNode state = old == null ? JSON.createObjectNode().put("case_id", id) : (ObjectNode) JSON.readTree(old);
    if (type.equals("case.opened")) {
      state.put("opened_at", Instant.parse(data.get("opened_at").asText()).toEpochMilli()).put("status", "open");
      state.put("channel", data.get("channel").asText()).put("tier", data.path("customer").path("tier").asText());
    } else {
      state.put("class", data.get("class").asText()).put("severity", data.get("severity").asText());
    }
    if (state.has("opened_at") && state.has("class") && !state.has("first_contact_due")) start(record, id, state);
    cases.put(id, JSON.writeValueAsBytes(state));
  }

  private void start(Record<String, byte[]> record, String id, ObjectNode state) throws IOException {
    long opened = state.get("opened_at").asLong();
    ObjectNode event = JSON.createObjectNode().put("case_id", id).put("policy", "default").put("policy_version", "1");
    begin(state, event, id, "first_contact", opened + FIRST_CONTACT_MS);
    begin(state, event, id, "resolution", opened + RESOLUTION_MS);
    emit(record.key(), id, "sla.started", event, record.timestamp());
  }

  private void begin(ObjectNode state, ObjectNode event, String id, String target, long at) {
    state.put(target + "_due", at).put(target + "_state", "running");
    due.put(key(at, id + "|" + target), new byte[0]);
    event.withArray("targets").addObject().put("name", target).put("due_at", Instant.ofEpochMilli(at).toString());
  }

  private static byte[] key(long at, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + bytes.length).putLong(at).put(bytes).array();
  }

  private void emit(String key, String id, String type, ObjectNode event, long at) throws IOException {
    Record<String, byte[]> record = new Record<>(key, JSON.writeValueAsBytes(event), at);
    record.headers().add("ce_type", type.getBytes(StandardCharsets.UTF_8)).add("ce_id", (id + ":" + type).getBytes(StandardCharsets.UTF_8));
    context.forward(record);
  }

  private void fire(long now) {
    List<byte[]> fired = new ArrayList<>();
    try (KeyValueIterator<byte[], byte[]> late = due.range(key(0, ""), key(now, ""))) {
      while (late.hasNext()) {
        byte[] key = late.next().key;
        breach(ByteBuffer.wrap(key).getLong(), new String(key, Long.BYTES, key.length - Long.BYTES, StandardCharsets.UTF_8).split("\\|"), now);
        fired.add(key);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    fired.forEach(due::delete);
  }

  private void breach(long at, String[] name, long now) throws IOException {
    ObjectNode state = (ObjectNode) JSON.readTree(cases.get(name[0]));
    cases.put(name[0], JSON.writeValueAsBytes(state.put(name[1] + "_state", "breached")));
    ObjectNode event = JSON.createObjectNode().put("case_id", name[0]).put("target", name[1]).put("due_at", Instant.ofEpochMilli(at).toString());
    emit(name[0].substring(0, name[0].indexOf('-')), name[0], "sla.breached", event.put("breached_at", Instant.ofEpochMilli(now).toString()), now);
  }

  /** The topic that it writes to, with as many partitions as that which it reads. */
  private static void makeTopic(String broker, String from, String to) throws Exception {
    Properties settings = new Properties();
    settings.put("bootstrap.servers", broker);
    try (Admin admin = Admin.create(settings)) {
      int partitions = admin.describeTopics(List.of(from)).allTopicNames().get().get(from).partitions().size();
      admin.createTopics(List.of(new NewTopic(to, partitions, (short) 1))).all().get();
    }
  }

  public static void main(String[] args) throws Exception {
    makeTopic(args[0], args[1], args[2]);
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "peer");
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, Integer.getInteger("commit", 100));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, args[3]);
    settings.put("auto.offset.reset", "earliest");
    settings.put(StreamsConfig.producerPrefix("compression.type"), "lz4");
    Topology topology = new Topology();
    topology.addSource("events", new StringDeserializer(), new ByteArrayDeserializer(), args[1]);
    topology.addProcessor("deadlines", Deadlines::new, "events");
    topology.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("cases"), Serdes.String(), Serdes.ByteArray()), "deadlines");
    topology.addStateStore(Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore("due"), Serdes.ByteArray(), Serdes.ByteArray()), "deadlines");
    topology.addSink("out", args[2], new StringSerializer(), new ByteArraySerializer(), "deadlines");
    KafkaStreams streams = new KafkaStreams(topology, settings);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
    streams.start();
  }
}
