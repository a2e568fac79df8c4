/** The implementation of the client; nothing of it is exported but the way to bring own threads. */
module dev.holdfast.mqtt.impl {
    requires transitive dev.holdfast.mqtt;
    requires io.netty.buffer;
    requires io.netty.common;
    requires io.netty.handler;
    requires transitive io.netty.transport;
    requires org.slf4j;

    exports dev.holdfast.mqtt.netty;

    provides dev.holdfast.mqtt.spi.ClientProvider with
            dev.holdfast.mqtt.impl.client.HoldfastProvider;
}
