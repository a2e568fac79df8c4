package dev.holdfast.mqtt.impl.transport;

import dev.holdfast.mqtt.impl.codec.ReceivedProperties;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.concurrent.FastThreadLocal;

/** What the connections of one event loop share, since only one of them is at work at a time. */
final class LoopRoom {
    private static final FastThreadLocal<LoopRoom> OF_LOOP =
            new FastThreadLocal<>() {
                @Override
                protected LoopRoom initialValue() {
                    return new LoopRoom();
                }

                @Override
                protected void onRemoval(LoopRoom room) {
                    room.reads.release();
                    room.writes.release();
                }
            };

    /** Those of the packet that is being read. */
    final ReceivedProperties properties = new ReceivedProperties();

    final LoopBuffer writes = new LoopBuffer();

    private final LoopBuffer reads = new LoopBuffer();

    private LoopRoom() {}

    /** Of the event loop that calls. */
    static LoopRoom get() {
        return OF_LOOP.get();
    }

    /**
     * Has a channel read into the loop's buffer. Its handlers must not keep what they are given
     * beyond the call, or the other channels go without.
     */
    static RecvByteBufAllocator reads() {
        return new Reads();
    }

    private static final class Reads extends DefaultMaxMessagesRecvByteBufAllocator {
        @Override
        public MaxMessageHandle newHandle() {
            return new MaxMessageHandle() {
                @Override
                public int guess() {
                    return LoopBuffer.BYTES;
                }

                @Override
                public ByteBuf allocate(ByteBufAllocator others) {
                    return LoopRoom.get().reads.take(others, LoopBuffer.BYTES);
                }
            };
        }
    }
}
