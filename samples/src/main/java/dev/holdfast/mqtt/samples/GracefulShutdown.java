package dev.holdfast.mqtt.samples;

import dev.holdfast.mqtt.Connected;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A service with a session of one hour gets SIGTERM. Said good-bye to as usual, the server keeps
 * the session for the next start; with a Session Expiry Interval of 0 in the DISCONNECT, it ends.
 */
final class GracefulShutdown {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

    private GracefulShutdown() {}

    /** The service: connects, and says good-bye when it gets SIGTERM. */
    static final class Service {
        private Service() {}

        /**
         * Runs the service.
         *
         * @param args server, folder of the store, client identifier, and "keep" or "end"
         */
        public static void main(String[] args) throws IOException {
            boolean endsSession = args[3].equals("end");
            MqttClient client =
                    MqttClient.newBuilder(URI.create(args[0]))
                            .clientIdentifier(args[2])
                            .sessionExpiry(Duration.ofHours(1))
                            .store(H2SessionStore.at(Path.of(args[1])))
                            .build();
            Runtime.getRuntime()
                    .addShutdownHook(new Thread(() -> sayGoodBye(client, endsSession), "good-bye"));
            Connected connected = Await.done("connect to " + args[0], client.connect());
            System.out.println("UP " + (connected.sessionPresent() ? 1 : 0));
            System.in.transferTo(OutputStream.nullOutputStream());
        }

        private static void sayGoodBye(MqttClient client, boolean endsSession) {
            Await.done(
                    "say good-bye",
                    client.disconnect(
                            d -> {
                                d.afterPending(Duration.ofSeconds(5));
                                if (endsSession) {
                                    d.sessionExpiry(Duration.ZERO);
                                }
                            }));
            client.close();
        }
    }

    static int run(Options options) {
        Table table = new Table("start", "Session Present", "expected", "on SIGTERM");
        boolean asExpected = true;
        try (Server server = Server.of(options)) {
            String identifier = Server.unique("service");
            System.out.println("A service with a session of one hour, started three times");
            System.out.println();
            String[] expected = {"0", "1", "0"};
            for (int start = 1; start <= 3; start++) {
                boolean endsSession = start >= 2;
                String present = startAndTerminate(server, identifier, endsSession);
                asExpected &= present.equals(expected[start - 1]);
                table.row(
                        start,
                        present,
                        expected[start - 1],
                        endsSession
                                ? "DISCONNECT with Session Expiry Interval 0"
                                : "DISCONNECT as usual");
            }
        }
        table.print();
        System.out.println();
        System.out.println(
                "RESULT "
                        + (asExpected
                                ? "the session was kept, and ended, as the service wished"
                                : "NOT as expected"));
        return asExpected ? 0 : 1;
    }

    private static String startAndTerminate(Server server, String identifier, boolean endsSession) {
        try (ChildProcess service =
                ChildProcess.start(
                        "service",
                        Service.class,
                        server.folder().resolve("service.log"),
                        server.uri().toString(),
                        server.folder().resolve("service").toString(),
                        identifier,
                        endsSession ? "end" : "keep")) {
            String present = service.awaitLine("UP ", START_TIMEOUT);
            service.terminate();
            return present;
        }
    }
}
