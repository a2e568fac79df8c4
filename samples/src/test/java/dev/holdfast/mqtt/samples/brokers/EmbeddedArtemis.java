package dev.holdfast.mqtt.samples.brokers;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import org.apache.activemq.artemis.core.config.Configuration;
import org.apache.activemq.artemis.core.config.impl.ConfigurationImpl;
import org.apache.activemq.artemis.core.server.JournalType;
import org.apache.activemq.artemis.core.server.embedded.EmbeddedActiveMQ;

/**
 * Apache ActiveMQ Artemis as a program of its own: MQTT on the loopback interface only, without
 * passwords, with its journal on disk. Spoken to like {@link
 * dev.holdfast.mqtt.samples.EmbeddedBroker}.
 */
final class EmbeddedArtemis {
    private EmbeddedArtemis() {}

    /**
     * Runs the broker.
     *
     * @param args port, 0 for a free one; folder; Receive Maximum; Maximum Packet Size; Maximum
     *     QoS, which Artemis cannot limit
     */
    public static void main(String[] args) {
        try {
            int port = args[0].equals("0") ? freePort() : Integer.parseInt(args[0]);
            EmbeddedActiveMQ broker = new EmbeddedActiveMQ();
            broker.setConfiguration(configuration(port, Path.of(args[1]), args[2], args[3]));
            broker.start();
            System.out.println("READY mqtt://127.0.0.1:" + port);
            System.in.transferTo(OutputStream.nullOutputStream());
            broker.stop();
            Runtime.getRuntime().halt(0);
        } catch (Exception e) {
            System.err.println("Artemis could not start: " + e);
            Runtime.getRuntime().halt(1);
        }
    }

    private static Configuration configuration(
            int port, Path folder, String receiveMaximum, String maximumPacketSize)
            throws Exception {
        return new ConfigurationImpl()
                .setSecurityEnabled(false)
                .setJournalType(JournalType.NIO)
                .setJournalDatasync(false)
                .setJournalDirectory(folder.resolve("journal").toString())
                .setBindingsDirectory(folder.resolve("bindings").toString())
                .setPagingDirectory(folder.resolve("paging").toString())
                .setLargeMessagesDirectory(folder.resolve("large-messages").toString())
                // Milliseconds between its looks for expired sessions and delayed wills.
                .setMqttSessionScanInterval(200)
                // Else it blocks publishers on a disk that is 90 % full.
                .setMaxDiskUsage(-1)
                .addAcceptorConfiguration(
                        "mqtt",
                        "tcp://127.0.0.1:%d?protocols=MQTT;useEpoll=false;useKQueue=false"
                                        .formatted(port)
                                + ";receiveMaximum=%s;maximumPacketSize=%s"
                                        .formatted(receiveMaximum, maximumPacketSize));
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
