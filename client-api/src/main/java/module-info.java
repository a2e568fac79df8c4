/** The MQTT 5 client as applications see it, and the contract of a session store. */
module dev.holdfast.mqtt {
    requires static transitive org.jspecify;

    exports dev.holdfast.mqtt;
    exports dev.holdfast.mqtt.spi;
    exports dev.holdfast.mqtt.store;

    uses dev.holdfast.mqtt.spi.ClientProvider;
}
