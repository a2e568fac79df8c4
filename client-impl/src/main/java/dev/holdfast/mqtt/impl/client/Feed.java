package dev.holdfast.mqtt.impl.client;

/** Brings messages to one handler, in its own way and at its own pace. Called on the loop. */
interface Feed {
    void add(HandOver.Part part);
}
