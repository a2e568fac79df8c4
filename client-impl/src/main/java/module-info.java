/** The implementation of the client; nothing of it is exported. */
module dev.holdfast.mqtt.impl {
    requires dev.holdfast.mqtt;
    requires io.netty.buffer;
    requires io.netty.codec;
    requires io.netty.common;
    requires io.netty.handler;
    requires io.netty.transport;
    requires org.slf4j;

    provides dev.holdfast.mqtt.spi.ClientProvider with
            dev.holdfast.mqtt.impl.client.HoldfastProvider;
}
