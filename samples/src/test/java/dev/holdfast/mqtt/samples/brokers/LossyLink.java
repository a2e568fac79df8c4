package dev.holdfast.mqtt.samples.brokers;

import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.MqttClientBuilder;
import dev.holdfast.mqtt.ReconnectPolicy;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** Stands between a client and a broker, and loses the connection when it is told to. */
final class LossyLink implements AutoCloseable {
    private final URI broker;
    private final ServerSocket listener;
    private final BlockingQueue<Socket> toBroker = new LinkedBlockingQueue<>();

    LossyLink(URI broker) throws IOException {
        this.broker = broker;
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        inBackground(this::accept);
    }

    /** A client that goes this way, and comes back quickly. */
    MqttClientBuilder client(String identifier) {
        return MqttClient.newBuilder(URI.create("mqtt://127.0.0.1:" + listener.getLocalPort()))
                .clientIdentifier(identifier)
                .reconnect(
                        ReconnectPolicy.exponential(Duration.ofMillis(50), Duration.ofMillis(100)));
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listener.accept();
            Socket server = new Socket(broker.getHost(), broker.getPort());
            inBackground(() -> pump(client, server));
            inBackground(() -> pump(server, client));
            toBroker.add(server);
        }
    }

    private static void pump(Socket from, Socket to) throws IOException {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
        }
    }

    private static void inBackground(Task task) {
        Thread thread =
                new Thread(
                        () -> {
                            try {
                                task.run();
                            } catch (IOException e) {
                                // A connection was cut, which is what this is for.
                            }
                        },
                        "lossy-link");
        thread.setDaemon(true);
        thread.start();
    }

    private interface Task {
        void run() throws IOException;
    }

    /** Waits for the next connection; the one that is cut next. */
    void awaitConnection() throws InterruptedException, IOException {
        Socket next = toBroker.poll(BrokerTest.LONG, TimeUnit.SECONDS);
        if (next == null) {
            throw new AssertionError("The client did not connect");
        }
        toBroker.add(next);
    }

    /** Loses the connection without a good-bye. */
    void cut() throws IOException {
        Socket connection = toBroker.poll();
        if (connection == null) {
            throw new AssertionError("There is no connection to cut");
        }
        connection.close();
    }

    /** Loses the connection, and lets no other through. */
    void cutForGood() throws IOException {
        listener.close();
        cut();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket connection : toBroker) {
            connection.close();
        }
    }
}
