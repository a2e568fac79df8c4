package dev.holdfast.mqtt.samples.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.samples.ChildProcess;
import dev.holdfast.mqtt.samples.brokers.Mosquitto;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The command-line programs mosquitto_pub and mosquitto_sub. */
final class MosquittoTools implements OtherClient {
    private static final String PACKAGE = "mosquitto-clients";

    private final String pub = Mosquitto.installed("mosquitto_pub", PACKAGE);
    private final String sub = Mosquitto.installed("mosquitto_sub", PACKAGE);
    private final List<String> address;
    private final Path errors;
    private @Nullable ChildProcess subscriber;

    MosquittoTools(URI broker, Path folder) {
        address =
                List.of(
                        "-h",
                        broker.getHost(),
                        "-p",
                        Integer.toString(broker.getPort()),
                        "-V",
                        "mqttv5");
        errors = folder.resolve("mosquitto_sub.log");
    }

    @Override
    public void subscribe(String topicFilter, QoS qos) {
        // Into a pipe it would write in blocks; -d makes it say when it has subscribed.
        List<String> command = new ArrayList<>(List.of("stdbuf", "-oL", sub));
        command.addAll(address);
        command.addAll(List.of("-d", "-t", topicFilter, "-q", "" + qos.ordinal()));
        command.addAll(List.of("-F", MessageLine.FORMAT));
        subscriber = ChildProcess.startProgram("mosquitto_sub", errors, command);
        subscriber.awaitLine("Subscribed (mid", PATIENCE);
    }

    @Override
    public Message next() {
        if (subscriber == null) {
            throw new IllegalStateException("not subscribed");
        }
        return MessageLine.parse(subscriber.awaitLine("MESSAGE ", PATIENCE));
    }

    @Override
    public void publish(Message m) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(pub));
        command.addAll(address);
        boolean empty = m.payloadBytes().length == 0;
        // The payload comes from standard input, but for the empty one.
        command.addAll(List.of("-t", m.topic(), "-q", "" + m.qos().ordinal(), empty ? "-n" : "-s"));
        if (m.retain()) {
            command.add("-r");
        }
        if (m.utf8Payload()) {
            property(command, "payload-format-indicator", "1");
        }
        m.expiry().ifPresent(e -> property(command, "message-expiry-interval", "" + e.toSeconds()));
        m.contentType().ifPresent(type -> property(command, "content-type", type));
        m.responseTopic().ifPresent(topic -> property(command, "response-topic", topic));
        m.correlationData()
                .ifPresent(
                        data ->
                                property(
                                        command,
                                        "correlation-data",
                                        UTF_8.decode(data).toString()));
        m.userProperties().forEach(p -> property(command, "user-property", p.name(), p.value()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try (OutputStream payload = process.getOutputStream()) {
            if (!empty) {
                payload.write(m.payloadBytes());
            }
        }
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
            process.destroyForcibly();
            throw new AssertionError(
                    "mosquitto_pub failed: "
                            + new String(process.getInputStream().readAllBytes(), UTF_8));
        }
    }

    private static void property(List<String> command, String... words) {
        command.addAll(List.of("-D", "PUBLISH"));
        command.addAll(List.of(words));
    }

    @Override
    public void close() {
        if (subscriber != null) {
            subscriber.close();
        }
    }
}
