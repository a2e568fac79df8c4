package dev.holdfast.mqtt.samples;

import com.hivemq.embedded.EmbeddedExtension;
import com.hivemq.embedded.EmbeddedHiveMQ;
import com.hivemq.embedded.EmbeddedHiveMQBuilder;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A real MQTT 5 broker as a program of its own: HiveMQ Community Edition, with everything in
 * memory, on the loopback interface only, without passwords, and with queues that drop nothing.
 *
 * <p>It prints one line, {@code READY mqtt://127.0.0.1:PORT}, and serves until its standard input
 * is closed or it gets SIGTERM. Its standard input is usually a pipe from the process that started
 * it, so it ends with that process, even if that one is killed.
 */
public final class EmbeddedBroker {
    private static final String HOST = "127.0.0.1";

    private EmbeddedBroker() {}

    /**
     * Runs the broker.
     *
     * @param args the port, 0 for a free one, and a folder for the broker's configuration; then,
     *     for a broker with narrow limits, its Receive Maximum, Maximum Packet Size and Maximum QoS
     */
    public static void main(String[] args) {
        serve(args, null);
    }

    /** Runs the broker with an extension, or with none. */
    static void serve(String[] args, @Nullable EmbeddedExtension extension) {
        if (args.length != 2 && args.length != 5) {
            System.err.println(
                    "usage: EmbeddedBroker PORT FOLDER"
                            + " [RECEIVE_MAXIMUM MAXIMUM_PACKET_SIZE MAXIMUM_QOS]"
                            + "   (port 0: a free one)");
            System.exit(2);
        }
        try {
            int port = args[0].equals("0") ? freePort() : Integer.parseInt(args[0]);
            requireFree(port);
            // The default Receive Maximum of 10 would hide how publishers fill a window.
            List<String> limits =
                    args.length == 5
                            ? List.of(args).subList(2, 5)
                            : List.of("1000", "268435460", "2");
            start(port, Path.of(args[1]), limits, extension);
            System.out.println("READY mqtt://" + HOST + ":" + port);
            System.in.transferTo(OutputStream.nullOutputStream());
            // Nothing is kept, so there is nothing to shut down in order: that would take seconds.
            Runtime.getRuntime().halt(0);
        } catch (Exception e) {
            System.err.println("The embedded broker could not start: " + e);
            Runtime.getRuntime().halt(1);
        }
    }

    private static void start(
            int port, Path folder, List<String> limits, @Nullable EmbeddedExtension extension)
            throws IOException {
        Path configuration = Files.createDirectories(folder.resolve("conf"));
        Files.writeString(configuration.resolve("config.xml"), configuration(port, limits));
        EmbeddedHiveMQBuilder broker =
                EmbeddedHiveMQ.builder()
                        .withConfigurationFolder(configuration)
                        .withDataFolder(Files.createDirectories(folder.resolve("data")))
                        .withExtensionsFolder(Files.createDirectories(folder.resolve("extensions")))
                        .withoutLoggingBootstrap();
        if (extension != null) {
            broker.withEmbeddedExtension(extension);
        }
        broker.build().start().join();
    }

    private static String configuration(int port, List<String> limits) {
        return """
        <?xml version="1.0" encoding="UTF-8"?>
        <hivemq>
          <listeners>
            <tcp-listener><port>%d</port><bind-address>%s</bind-address></tcp-listener>
          </listeners>
          <mqtt>
            <!-- The default drops what an absent client has not fetched beyond 1,000 messages. -->
            <queued-messages><max-queue-size>10000000</max-queue-size></queued-messages>
            <receive-maximum>
              <server-receive-maximum>%s</server-receive-maximum>
            </receive-maximum>
            <packets><max-packet-size>%s</max-packet-size></packets>
            <quality-of-service><max-qos>%s</max-qos></quality-of-service>
          </mqtt>
          <persistence><mode>in-memory</mode></persistence>
          <anonymous-usage-statistics><enabled>false</enabled></anonymous-usage-statistics>
        </hivemq>
        """
                .formatted(port, HOST, limits.get(0), limits.get(1), limits.get(2));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The broker itself would only log that it has no listener, and start. */
    private static void requireFree(int port) throws IOException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        }
    }
}
