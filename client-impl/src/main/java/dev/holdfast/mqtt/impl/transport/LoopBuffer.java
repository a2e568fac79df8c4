package dev.holdfast.mqtt.impl.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;

/**
 * A buffer that the connections of one event loop use in turns, each for the moment of a read or a
 * write. So it stays in the processor's cache, and so does what the JDK needs to know of it.
 */
final class LoopBuffer {
    /** What is read or written in one go, at most as a rule. */
    static final int BYTES = 64 << 10;

    /** Without the search for leaks: it lives as long as its event loop. */
    private static final ByteBufAllocator ALLOCATOR = new UnpooledByteBufAllocator(true, true);

    private final ByteBuf buffer = ALLOCATOR.directBuffer(BYTES);

    /**
     * Gives out the buffer, or, while bytes in it still wait for the network, another.
     *
     * @param room for how many bytes another should have room
     * @return empty; whoever takes it releases it
     */
    ByteBuf take(ByteBufAllocator others, int room) {
        if (buffer.refCnt() > 1) {
            return others.ioBuffer(room);
        }
        if (buffer.capacity() > BYTES) {
            buffer.clear().capacity(BYTES);
        }
        return buffer.clear().retain();
    }

    void release() {
        buffer.release();
    }
}
