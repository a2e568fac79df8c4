package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.mqtt.Credentials;
import dev.holdfast.mqtt.impl.packet.Connect;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Publish;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What one end writes, the other end reads. */
class RoundTripTest {
    private static final int PACKETS = 5_000;
    private static final int NO_LIMIT = 268_435_460;

    @Test
    void serverReadsWhatTheEncoderWrites() {
        RandomPackets packets = new RandomPackets(1);
        Encoder encoder = new Encoder();
        ServerCodec server = new ServerCodec();
        ByteBuf out = Unpooled.buffer();
        for (int i = 0; i < PACKETS; i++) {
            Packet packet = packets.fromClient();
            out.clear();
            encoder.encode(packet, out);

            assertEquals(out.readableBytes(), Encoder.encodedSize(packet), () -> "of " + packet);
            ByteBuffer in = out.nioBuffer();
            assertSamePacket(packet, server.decode(in));
            assertEquals(0, in.remaining(), () -> "left of " + packet);
        }
    }

    @Test
    void decoderReadsWhatTheServerWrites() {
        RandomPackets packets = new RandomPackets(2);
        Decoder decoder = new Decoder(NO_LIMIT, 0, true);
        for (int i = 0; i < PACKETS; i++) {
            Packet packet = packets.fromServer();
            ByteBuf in = Unpooled.wrappedBuffer(ServerCodec.encode(packet));

            assertEquals(packet, decoder.decode(in));
            assertEquals(0, in.readableBytes(), () -> "left of " + packet);
        }
    }

    @Test
    void decoderReadsManyPacketsFromOneBufferOfAnyKind() {
        for (ByteBuf in :
                new ByteBuf[] {
                    Unpooled.buffer(), Unpooled.directBuffer(), Unpooled.compositeBuffer()
                }) {
            RandomPackets written = new RandomPackets(3);
            RandomPackets expected = new RandomPackets(3);
            in.writeBytes(new byte[] {1, 2, 3}).skipBytes(3);
            for (int i = 0; i < 500; i++) {
                in.writeBytes(ServerCodec.encode(written.fromServer()));
            }
            Decoder decoder = new Decoder(NO_LIMIT, 0, true);
            for (int i = 0; i < 500; i++) {
                assertEquals(expected.fromServer(), decoder.decode(in));
            }
            assertEquals(0, in.readableBytes());
            in.release();
        }
    }

    @Test
    void encoderWritesBehindOneAnotherIntoBuffersOfAnyKind() {
        for (ByteBuf out :
                new ByteBuf[] {
                    Unpooled.buffer(0), Unpooled.directBuffer(0), Unpooled.compositeBuffer()
                }) {
            RandomPackets written = new RandomPackets(4);
            RandomPackets expected = new RandomPackets(4);
            Encoder encoder = new Encoder();
            for (int i = 0; i < 500; i++) {
                encoder.encode(written.fromClient(), out);
            }
            ByteBuffer in = out.nioBuffer();
            ServerCodec server = new ServerCodec();
            for (int i = 0; i < 500; i++) {
                assertSamePacket(expected.fromClient(), server.decode(in));
            }
            assertEquals(0, in.remaining());
            out.release();
        }
    }

    /** [MQTT-3.3.2-10] */
    @Test
    void decoderFollowsTopicAliasesAsTheServerSetsThem() {
        int maximum = 5;
        Random random = new Random(5);
        RandomPackets packets = new RandomPackets(5);
        Decoder decoder = new Decoder(NO_LIMIT, maximum, true);
        String[] topics = new String[maximum + 1];
        for (int i = 0; i < PACKETS; i++) {
            if (!(packets.fromServer() instanceof Publish publish)) {
                continue;
            }
            int alias = 1 + random.nextInt(maximum);
            byte[] frame;
            String topic = publish.message().topic();
            if (topics[alias] == null || random.nextBoolean()) {
                frame = ServerCodec.encodeSettingAlias(publish, alias);
                topics[alias] = topic;
            } else {
                frame = ServerCodec.encodeUsingAlias(publish, alias);
                topic = topics[alias];
            }
            Publish read = (Publish) decoder.decode(Unpooled.wrappedBuffer(frame));
            assertEquals(topic, read.message().topic());
            assertEquals(publish.packetIdentifier(), read.packetIdentifier());
            assertEquals(publish.message().payload(), read.message().payload());
        }
    }

    static void assertSamePacket(Packet expected, Packet actual) {
        if (expected instanceof Connect connect) {
            assertEquals(withoutCredentials(connect), withoutCredentials((Connect) actual));
            assertSameCredentials(connect.credentials(), ((Connect) actual).credentials());
        } else {
            assertEquals(expected, actual);
        }
    }

    private static void assertSameCredentials(Credentials expected, Credentials actual) {
        if (expected == null || actual == null) {
            assertEquals(expected, actual);
            return;
        }
        assertEquals(expected.userName(), actual.userName());
        assertArrayEquals(expected.password().orElse(null), actual.password().orElse(null));
    }

    /** Credentials have no equality, and their text tells nothing. */
    static Connect withoutCredentials(Connect c) {
        return new Connect(
                c.clientIdentifier(),
                c.cleanStart(),
                c.keepAlive(),
                c.sessionExpiryInterval(),
                c.receiveMaximum(),
                c.maximumPacketSize(),
                c.topicAliasMaximum(),
                c.requestResponseInformation(),
                c.requestProblemInformation(),
                c.authenticationMethod(),
                c.authenticationData(),
                null,
                c.will(),
                c.userProperties());
    }
}
