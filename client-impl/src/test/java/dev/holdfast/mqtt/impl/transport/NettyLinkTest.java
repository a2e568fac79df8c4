package dev.holdfast.mqtt.impl.transport;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.verify;

import dev.holdfast.mqtt.impl.codec.Decoder;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.URI;
import org.junit.jupiter.api.Test;

class NettyLinkTest {
    private static final byte[] PUBACK = {0x40, 0x02, 0x00, 0x07};

    private final LinkListener listener = mock(LinkListener.class);
    private final Reads reads = new Reads();
    private final EmbeddedChannel channel = new EmbeddedChannel(reads);
    private final NettyLink link =
            new NettyLink(listener, channel.eventLoop(), URI.create("mqtt://server"));

    /** Counts how often more is asked for. */
    private static final class Reads extends ChannelOutboundHandlerAdapter {
        private int count;

        @Override
        public void read(ChannelHandlerContext ctx) {
            count++;
            ctx.read();
        }
    }

    /**
     * Reading may be switched off after the network was found to have something: by what happens in
     * the same round when it takes bytes again.
     */
    @Test
    void asksForNothingAfterTheLastReadWhileReadingIsSwitchedOff() {
        channel.pipeline().addLast(link.handler(new Decoder(1_000, 0, false), false));
        link.attempt(channel);
        link.read(false);
        reads.count = 0;

        channel.pipeline().fireChannelRead(Unpooled.copiedBuffer(PUBACK));
        channel.pipeline().fireChannelReadComplete();

        verify(listener).acknowledged(7);
        verify(listener).readComplete(PUBACK.length);
        assertEquals(0, reads.count, "asked for more");
        link.read(true);
        assertEquals(1, reads.count);
    }
}
