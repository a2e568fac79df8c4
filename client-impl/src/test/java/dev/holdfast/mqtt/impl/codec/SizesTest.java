package dev.holdfast.mqtt.impl.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.QoS;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.UserProperty;
import dev.holdfast.mqtt.impl.conformance.Statement;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.ProtocolViolation;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import dev.holdfast.mqtt.impl.packet.Unsubscribe;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Packets arrive in pieces, and their lengths have borders. */
class SizesTest {
    private static final int NO_LIMIT = 268_435_460;

    /** [MQTT-4.2-1] */
    @Statement("4.2-1")
    @Test
    void decodesTheSameHoweverTheStreamIsCut() {
        RandomPackets packets = new RandomPackets(6);
        List<Packet> expected = new ArrayList<>();
        ByteBuf stream = Unpooled.buffer();
        while (stream.readableBytes() < 20_000) {
            Packet packet = packets.fromServer();
            byte[] frame = ServerCodec.encode(packet);
            if (frame.length < 1_000) {
                expected.add(packet);
                stream.writeBytes(frame);
            }
        }
        Decoder decoder = new Decoder(NO_LIMIT, 0, true);
        ByteBuf arrived = Unpooled.buffer();
        List<Packet> read = new ArrayList<>();
        while (stream.isReadable()) {
            arrived.writeByte(stream.readByte());
            int before = arrived.readerIndex();
            Packet packet = decoder.decode(arrived);
            if (packet == null) {
                assertEquals(before, arrived.readerIndex());
            } else {
                read.add(packet);
                assertEquals(0, arrived.readableBytes());
                arrived.clear();
            }
        }
        assertEquals(expected, read);
    }

    @Test
    void needsEveryByteOfAPacketAndTouchesNoneBeyondIt() {
        RandomPackets packets = new RandomPackets(7);
        Decoder decoder = new Decoder(NO_LIMIT, 0, true);
        for (int i = 0; i < 300; i++) {
            Packet packet = packets.fromServer();
            byte[] frame = ServerCodec.encode(packet);
            for (int length = 0; length < Math.min(frame.length, 200); length++) {
                assertNull(decoder.decode(Unpooled.wrappedBuffer(frame, 0, length)));
            }
            ByteBuf more = Unpooled.wrappedBuffer(frame, new byte[] {0, -1});
            assertEquals(packet, decoder.decode(more));
            assertEquals(2, more.readableBytes());
        }
    }

    /** [MQTT-1.5.5-1] */
    @Statement("1.5.5-1")
    @ParameterizedTest(name = "Remaining Length {0} takes {1} bytes")
    @CsvSource({
        "4, 1",
        "127, 1",
        "128, 2",
        "16383, 2",
        "16384, 3",
        "2097151, 3",
        "2097152, 4",
        "10000000, 4"
    })
    void writesAndReadsRemainingLengthsAtTheirBorders(int remainingLength, int bytes) {
        byte[] payload = new byte[remainingLength - 4];
        Message message = Message.to("t").qos(QoS.AT_MOST_ONCE).payload(payload).build();
        Publish publish = new Publish(message, 0, false);
        ByteBuf out = Unpooled.buffer();

        new Encoder().encode(publish, out);

        assertEquals(1 + bytes + remainingLength, out.readableBytes());
        assertEquals(1 + bytes + remainingLength, Encoder.encodedSize(publish));
        assertEquals(publish, new ServerCodec().decode(out.nioBuffer()));
        assertArrayEquals(ServerCodec.encode(publish), bytes(out));
        assertEquals(publish, new Decoder(out.readableBytes(), 0, true).decode(out));
    }

    /** [MQTT-1.5.5-1] */
    @Statement("1.5.5-1")
    @ParameterizedTest(name = "Property Length {0}")
    @ValueSource(ints = {5, 127, 128, 16_383, 16_384, 65_540, 131_075})
    void writesAndReadsPropertyLengthsAtTheirBorders(int propertyLength) {
        int name = Math.min(propertyLength - 5, 65_535);
        UserProperty property =
                new UserProperty("n".repeat(name), "v".repeat(propertyLength - 5 - name));
        Puback puback = puback(List.of(property));
        ByteBuf out = Unpooled.buffer();

        new Encoder().encode(puback, out);

        assertEquals(out.readableBytes(), Encoder.encodedSize(puback));
        assertEquals(puback, new ServerCodec().decode(out.nioBuffer()));
        assertArrayEquals(ServerCodec.encode(puback), bytes(out));
        assertEquals(puback, new Decoder(NO_LIMIT, 0, true).decode(out));
    }

    /** [MQTT-3.1.2-24] */
    @Statement("3.1.2-24")
    @Test
    void acceptsAPacketOfExactlyTheMaximumPacketSize() {
        Message message = Message.to("t").qos(QoS.AT_MOST_ONCE).payload(new byte[58]).build();
        byte[] frame = ServerCodec.encode(new Publish(message, 0, false));
        assertEquals(64, frame.length);
        assertEquals(
                new Publish(message, 0, false),
                new Decoder(64, 0, true).decode(Unpooled.wrappedBuffer(frame)));
    }

    @Test
    void waitsForTheLargestPacketThatMqttCanCarry() {
        ByteBuf in = Unpooled.wrappedBuffer(new byte[] {0x30, -1, -1, -1, 0x7F, 0, 1, 'a'});
        assertNull(new Decoder(NO_LIMIT, 0, true).decode(in));
    }

    /** More than a message holds, and less than a packet can; most bytes are always the same. */
    @Test
    void refusesAPayloadThatNoMessageHolds() {
        byte[] header = {0x32, 0, 0, 0, 0, 0, 1, 'a', 0, 7, 0};
        int payload = 268_000_001;
        int remainingLength = header.length - 5 + payload;
        for (int i = 0; i < 4; i++) {
            header[1 + i] = (byte) ((remainingLength >> (7 * i) & 0x7F) | (i < 3 ? 0x80 : 0));
        }
        byte[][] pieces = new byte[1 + 268 + 1][];
        Arrays.fill(pieces, new byte[1_000_000]);
        pieces[0] = header;
        pieces[pieces.length - 1] = new byte[1];

        ProtocolViolation refused =
                assertThrows(
                        ProtocolViolation.class,
                        () ->
                                new Decoder(NO_LIMIT, 0, true)
                                        .decode(Unpooled.wrappedBuffer(300, pieces)));

        assertEquals(ReasonCode.PACKET_TOO_LARGE, refused.reason());
    }

    /** They take 5 bytes each; a decoder that copies them at each other one takes for ever. */
    @Test
    void readsAlmostAMillionUserPropertiesInOneGo() {
        int count = 800_000;
        Message.Builder message = Message.to("t").qos(QoS.AT_MOST_ONCE);
        for (int i = 0; i < count; i++) {
            message.userProperty("", "");
        }
        Publish publish = new Publish(message.build(), 0, false);
        ByteBuf out = Unpooled.buffer();
        new Encoder().encode(publish, out);

        Publish read = (Publish) new Decoder(NO_LIMIT, 0, true).decode(out);

        assertEquals(count, read.message().userProperties().size());
    }

    /** The buffer is too small for either packet, so that only the size is at stake. */
    @Test
    void refusesOnlyWhatIsLargerThanMqttCanCarry() {
        List<String> filters = new ArrayList<>(Collections.nCopies(4_096, "f".repeat(65_533)));
        filters.add("f".repeat(4_090));
        Unsubscribe largest = new Unsubscribe(1, filters, List.of());
        List<String> more = new ArrayList<>(filters);
        more.set(0, "f".repeat(65_534));
        Unsubscribe tooLarge = new Unsubscribe(1, more, List.of());
        ByteBuf out = Unpooled.buffer(0, 16);

        assertEquals(NO_LIMIT, Encoder.encodedSize(largest));
        assertThrows(IndexOutOfBoundsException.class, () -> new Encoder().encode(largest, out));
        assertEquals(NO_LIMIT + 1, Encoder.encodedSize(tooLarge));
        assertThrows(IllegalArgumentException.class, () -> new Encoder().encode(tooLarge, out));
        assertEquals(0, out.writerIndex());
    }

    @Test
    void decoderTakesLimitsThatAClientCanAnnounce() {
        new Decoder(1, 0, true);
        new Decoder(NO_LIMIT, 65_535, true);
        assertThrows(IllegalArgumentException.class, () -> new Decoder(0, 0, true));
        assertThrows(IllegalArgumentException.class, () -> new Decoder(NO_LIMIT + 1, 0, true));
        assertThrows(IllegalArgumentException.class, () -> new Decoder(1, -1, true));
        assertThrows(IllegalArgumentException.class, () -> new Decoder(1, 65_536, true));
    }

    /** Beyond what an int can count, too. */
    @Test
    void countsPacketsBeyondWhatMqttCanCarry() {
        UserProperty property = new UserProperty("€".repeat(21_845), "€".repeat(21_845));
        long beyondInt = 17_000L * 131_075 + 2 + 1 + 4 + 1 + 4;
        long beyondMqtt = 2_100L * 131_075 + 2 + 1 + 4 + 1 + 4;
        ByteBuf out = Unpooled.buffer();

        assertEquals(beyondInt, Encoder.encodedSize(puback(Collections.nCopies(17_000, property))));
        Puback large = puback(Collections.nCopies(2_100, property));
        IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class, () -> new Encoder().encode(large, out));
        assertEquals(
                "PUBACK of " + beyondMqtt + " bytes is larger than MQTT's 268435460",
                refused.getMessage());
        assertEquals(0, out.writerIndex());
    }

    private static Puback puback(List<UserProperty> properties) {
        return new Puback(1, ReasonCode.SUCCESS, null, properties);
    }

    private static byte[] bytes(ByteBuf buffer) {
        byte[] bytes = new byte[buffer.readableBytes()];
        buffer.getBytes(buffer.readerIndex(), bytes);
        return bytes;
    }
}
