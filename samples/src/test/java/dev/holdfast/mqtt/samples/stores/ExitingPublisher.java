package dev.holdfast.mqtt.samples.stores;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.Publication;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.io.IOException;
import java.net.URI;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.Semaphore;

/** A process that publishes without a connection and ends itself in the midst of it. */
final class ExitingPublisher {
    private static final int SIZE = 1 << 20;
    private static final int UNDER_WAY = 100;

    private ExitingPublisher() {}

    /** One byte for each publication, 1 when it is stored; outlives the process. */
    static MappedByteBuffer notes(Path file) throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            return channel.map(FileChannel.MapMode.READ_WRITE, 0, SIZE);
        }
    }

    static MqttClient client(Path store) {
        return MqttClient.newBuilder(URI.create("mqtt://127.0.0.1:9"))
                .clientIdentifier("press-17")
                .sessionExpiry(Duration.ofDays(1))
                .store(H2SessionStore.at(store))
                .build();
    }

    /**
     * Publishes until System.exit is over.
     *
     * @param args store, notes, how many to publish before the exit begins, and whether a hook
     *     closes the client
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        MappedByteBuffer notes = notes(Path.of(args[1]));
        MqttClient client = client(Path.of(args[0]));
        if (Boolean.parseBoolean(args[3])) {
            Runtime.getRuntime().addShutdownHook(new Thread(client::close));
        }
        int before = Integer.parseInt(args[2]);
        Semaphore room = new Semaphore(UNDER_WAY);
        for (int i = 0; ; i++) {
            if (i == before) {
                new Thread(() -> System.exit(0)).start();
            }
            room.acquire();
            Publication publication =
                    client.publish("press/17/parts", m -> m.payload("x").qos(QoS.EXACTLY_ONCE));
            publication
                    .stored()
                    .thenRun(
                            () -> {
                                notes.put((int) publication.id(), (byte) 1);
                                room.release();
                            });
        }
    }
}
