package dev.holdfast.mqtt.samples.interop;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.samples.ChildProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Eclipse Paho for Python, in a process that runs {@code paho_client.py}. */
final class PahoPython implements OtherClient {
    private final ChildProcess process;

    PahoPython(URI broker, Path folder) throws IOException, InterruptedException {
        Path program = folder.resolve("paho_client.py");
        try (InputStream source = PahoPython.class.getResourceAsStream("paho_client.py")) {
            Files.write(program, source.readAllBytes());
        }
        process =
                ChildProcess.startProgram(
                        "Paho client",
                        folder.resolve("paho.log"),
                        List.of(
                                python(),
                                program.toString(),
                                broker.getHost(),
                                Integer.toString(broker.getPort())));
        process.awaitLine("CONNECTED", PATIENCE);
    }

    /** A Python that has Paho: Debian's packages belong to the one in /usr/bin. */
    private static String python() throws IOException, InterruptedException {
        for (String python : List.of("/usr/bin/python3", "python3")) {
            try {
                Process probe =
                        new ProcessBuilder(python, "-c", "import paho.mqtt.client")
                                .redirectErrorStream(true)
                                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                                .start();
                if (probe.waitFor() == 0) {
                    return python;
                }
            } catch (IOException e) {
                // It is not there.
            }
        }
        throw new AssertionError(
                "This test needs Paho for Python (Debian: apt-get install python3-paho-mqtt)");
    }

    @Override
    public void subscribe(String topicFilter, QoS qos) {
        process.send("subscribe " + qos.ordinal() + " " + topicFilter);
        process.awaitLine("SUBSCRIBED", PATIENCE);
    }

    @Override
    public Message next() {
        return MessageLine.parse(process.awaitLine("MESSAGE ", PATIENCE));
    }

    @Override
    public void publish(Message message) {
        process.send("publish " + MessageLine.of(message));
        process.awaitLine("PUBLISHED", PATIENCE);
    }

    @Override
    public void close() {
        process.close();
    }
}
