package dev.holdfast.mqtt.h2;

/** What a stored batch survives. */
public enum Durability {
    /**
     * The death of the process, by {@code kill -9} too: what is stored has been handed to the
     * operating system. A power cut may take the newest part with it and damage the file; damage is
     * found when the rows are read.
     */
    PROCESS_CRASH,
    /**
     * Power loss and the death of the machine as well: what is stored has been forced to the disk,
     * in a way that leaves all of it to be found at any moment. Costs one forced write for each
     * group of batches.
     */
    POWER_LOSS
}
