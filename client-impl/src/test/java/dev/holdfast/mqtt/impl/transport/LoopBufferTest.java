package dev.holdfast.mqtt.impl.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.DefaultEventLoop;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LoopBufferTest {
    private static final RecvByteBufAllocator READS = LoopRoom.reads();

    private final UnpooledByteBufAllocator others = new UnpooledByteBufAllocator(true, true);
    private final EventLoop loop = new DefaultEventLoop();

    @AfterEach
    void end() {
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    }

    private <T> T onLoop(Callable<T> step) throws Exception {
        return loop.submit(step).get(20, TimeUnit.SECONDS);
    }

    private ByteBuf forReading() {
        return READS.newHandle().allocate(others);
    }

    private ByteBuf forWriting() {
        return LoopRoom.get().writes.take(others, 100);
    }

    @Test
    void whatIsHeldIsNotReadInto() throws Exception {
        onLoop(
                () -> {
                    ByteBuf held = forReading().writeByte(1);
                    ByteBuf another = forReading().writeByte(2);
                    assertNotSame(held, another);
                    assertEquals(LoopBuffer.BYTES, another.capacity());
                    assertEquals(1, held.readByte());
                    another.release();
                    held.release();
                    ByteBuf freeAgain = forReading();
                    assertSame(held, freeAgain);
                    return freeAgain.release();
                });
        assertEquals(0, others.metric().usedDirectMemory());
    }

    @Test
    void readingAndWritingDoNotMeetInOneBuffer() throws Exception {
        onLoop(
                () -> {
                    ByteBuf reading = forReading();
                    ByteBuf writing = forWriting();
                    assertNotSame(reading, writing);
                    return reading.release() & writing.release();
                });
    }

    @Test
    void anotherBufferForWritingIsNoLargerThanNeeded() throws Exception {
        onLoop(
                () -> {
                    ByteBuf held = forWriting();
                    ByteBuf another = forWriting();
                    assertEquals(100, another.capacity());
                    return another.release() & held.release();
                });
    }

    @Test
    void aBufferThatGrewIsAsSmallAgainAtTheNextWrite() throws Exception {
        onLoop(
                () -> {
                    ByteBuf grown = forWriting().writeZero(LoopBuffer.BYTES + 1);
                    grown.release();
                    ByteBuf next = forWriting();
                    assertSame(grown, next);
                    assertEquals(LoopBuffer.BYTES, next.capacity());
                    assertEquals(0, next.readableBytes());
                    return next.release();
                });
    }

    @Test
    void theBuffersEndWithTheirLoop() throws Exception {
        ByteBuf free = onLoop(this::forReading);
        ByteBuf held = onLoop(this::forWriting);
        free.release();
        loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).await(20, TimeUnit.SECONDS);
        assertEquals(0, free.refCnt());
        assertEquals(1, held.refCnt());
        held.release();
    }
}
