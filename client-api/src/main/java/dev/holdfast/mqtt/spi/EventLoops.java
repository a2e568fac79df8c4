package dev.holdfast.mqtt.spi;

/**
 * Threads for network connections that belong to the application. What they are is the
 * implementation's affair, which also makes such objects: {@code
 * dev.holdfast.mqtt.netty.NettyEventLoops}.
 */
public interface EventLoops {}
