// Reads topics to their ends by the CloudEvents SDK for Java, as a dashboard would: java Read.java BOOTSTRAP OUT TOPIC...
// Writes "TOPIC PARTITION OFFSET {the event, structured}" a line; stops at the first event that the SDK cannot read.
import io.cloudevents.CloudEvent;
import io.cloudevents.jackson.JsonFormat;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

public class Read {
    private static boolean atEnd(KafkaConsumer<String, CloudEvent> consumer, Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream().allMatch(end -> consumer.position(end.getKey()) >= end.getValue());
    }

    public static void main(String[] args) throws Exception {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", args[0]);
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "earliest");
        settings.put("enable.auto.commit", false);
        long end = System.nanoTime() + Duration.ofMinutes(1).toNanos();
        try (KafkaConsumer<String, CloudEvent> consumer = new KafkaConsumer<>(settings, new StringDeserializer(), new CloudEventDeserializer());
                PrintWriter out = new PrintWriter(args[1], StandardCharsets.UTF_8)) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (int i = 2; i < args.length; i++)
                consumer.partitionsFor(args[i]).forEach(info -> partitions.add(new TopicPartition(info.topic(), info.partition())));
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (!atEnd(consumer, ends)) {
                if (System.nanoTime() > end) throw new IllegalStateException("not at the end within a minute");
                for (ConsumerRecord<String, CloudEvent> record : consumer.poll(Duration.ofSeconds(1)))
                    out.println(record.topic() + " " + record.partition() + " " + record.offset() + " "
                            + new String(new JsonFormat().serialize(record.value()), StandardCharsets.UTF_8));
            }
        }
    }
}
