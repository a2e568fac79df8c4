package dev.holdfast.mqtt.impl.transport;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;

/**
 * The one packet of a connection that has not come as a whole yet, if there is one. What came of it
 * is copied, so that the buffer of a read is free again at once, and nothing else is.
 */
final class SplitPacket {
    private static final int LEAST_ROOM = 256;

    private ByteBuf bytes = Unpooled.EMPTY_BUFFER;

    boolean isEmpty() {
        return !bytes.isReadable();
    }

    /** What has come of it, for who decodes it. */
    ByteBuf bytes() {
        return bytes;
    }

    /**
     * Takes what it needs.
     *
     * @param in what came last; its reader index moves behind what was taken
     * @param missing how many bytes it needs at least, once those are there that it has
     */
    void take(ByteBuf in, int missing, ByteBufAllocator allocator) {
        int taken = Math.min(missing, in.readableBytes());
        if (bytes.writableBytes() < taken) {
            grow(taken, missing, allocator);
        }
        bytes.writeBytes(in, taken);
    }

    /** In proportion to what has come: what a packet says of its length may be a lie. */
    private void grow(int taken, int missing, ByteBufAllocator allocator) {
        int come = bytes.readableBytes();
        long ample = Math.max(LEAST_ROOM, 2L * (come + taken));
        ByteBuf larger = allocator.ioBuffer((int) Math.min((long) come + missing, ample));
        larger.writeBytes(bytes);
        bytes.release();
        bytes = larger;
    }

    /** It was decoded, or is of no interest any more. */
    void release() {
        bytes.release();
        bytes = Unpooled.EMPTY_BUFFER;
    }
}
