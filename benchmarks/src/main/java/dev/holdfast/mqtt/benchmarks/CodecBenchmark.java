package dev.holdfast.mqtt.benchmarks;

import dev.holdfast.mqtt.Message;
import dev.holdfast.mqtt.ReasonCode;
import dev.holdfast.mqtt.impl.codec.Decoder;
import dev.holdfast.mqtt.impl.codec.Encoder;
import dev.holdfast.mqtt.impl.packet.Connack;
import dev.holdfast.mqtt.impl.packet.Packet;
import dev.holdfast.mqtt.impl.packet.Puback;
import dev.holdfast.mqtt.impl.packet.Publish;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One packet, from and to bytes. */
@State(Scope.Thread)
@Fork(2)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class CodecBenchmark {
    private final Encoder encoder = new Encoder();
    private final Decoder decoder = new Decoder((int) Connack.NO_PACKET_LIMIT, 0, true);
    private final Publish publish =
            new Publish(Message.to("bench/topic").payload(new byte[256]).build(), 4_711, false);
    private final Puback puback = new Puback(4_711, ReasonCode.SUCCESS);
    final ByteBuf out = Unpooled.directBuffer(4_096);
    final ByteBuf publishBytes = encoded(publish);
    final ByteBuf pubackBytes = encoded(puback);

    private static ByteBuf encoded(Packet packet) {
        ByteBuf bytes = Unpooled.directBuffer();
        new Encoder().encode(packet, bytes);
        return bytes;
    }

    /** Or Netty would report a leak. */
    @TearDown(Level.Trial)
    public void release() {
        out.release();
        publishBytes.release();
        pubackBytes.release();
    }

    /** 256 B at QoS 1. */
    @Benchmark
    public int encodePublish() {
        return encode(publish);
    }

    @Benchmark
    public int encodePuback() {
        return encode(puback);
    }

    private int encode(Packet packet) {
        out.clear();
        encoder.encode(packet, out);
        return out.writerIndex();
    }

    /** 256 B at QoS 1. */
    @Benchmark
    public @Nullable Packet decodePublish() {
        return decoder.decode(publishBytes.readerIndex(0));
    }

    @Benchmark
    public @Nullable Packet decodePuback() {
        return decoder.decode(pubackBytes.readerIndex(0));
    }
}
