package dev.holdfast.mqtt.samples;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.MqttClient;
import dev.holdfast.mqtt.h2.H2SessionStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Credentials go to the server and nowhere else: they are not stored at all. */
class CredentialsTest {
    private static final byte[] CONNACK = {0x20, 3, 0, 0, 0};

    @TempDir Path folder;

    @Test
    void areNotInTheStore() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                MqttClient client =
                        MqttClient.newBuilder(
                                        URI.create("mqtt://127.0.0.1:" + server.getLocalPort()))
                                .clientIdentifier("a-client")
                                .credentials(Credentials.of("uSeRnAmE17", "pAsSwOrD42"))
                                .will(
                                        Message.to("will").payload("wIlLpAyLoAd").build(),
                                        Duration.ZERO)
                                .store(H2SessionStore.at(folder.resolve("store")))
                                .build()) {
            var connected = client.connect();
            try (Socket connection = server.accept()) {
                assertTrue(contains(firstBytes(connection), "pAsSwOrD42"), "CONNECT holds it");
                OutputStream out = connection.getOutputStream();
                out.write(CONNACK);
                out.flush();
                connected.get(15, TimeUnit.SECONDS);
                client.publish(Message.to("an/open/topic").build())
                        .stored()
                        .get(15, TimeUnit.SECONDS);
            }
        }
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(Files::isRegularFile).toList();
        }
        boolean topicShows = false;
        for (Path file : files) {
            byte[] content = Files.readAllBytes(file);
            topicShows |= contains(content, "an/open/topic");
            for (String secret : List.of("uSeRnAmE17", "pAsSwOrD42", "wIlLpAyLoAd")) {
                assertFalse(contains(content, secret), secret + " is in " + file);
            }
        }
        assertTrue(topicShows, "The files were searched for nothing: " + files);
    }

    private static byte[] firstBytes(Socket connection) throws IOException {
        InputStream in = connection.getInputStream();
        byte[] header = in.readNBytes(2);
        byte[] rest = in.readNBytes(header[1]);
        return rest;
    }

    private static boolean contains(byte[] content, String word) {
        String text = new String(content, StandardCharsets.ISO_8859_1);
        for (Charset charset :
                List.of(
                        StandardCharsets.UTF_8,
                        StandardCharsets.UTF_16BE,
                        StandardCharsets.UTF_16LE)) {
            if (text.contains(new String(word.getBytes(charset), StandardCharsets.ISO_8859_1))) {
                return true;
            }
        }
        return false;
    }
}
