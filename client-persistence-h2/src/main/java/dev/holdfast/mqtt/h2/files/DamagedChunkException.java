package dev.holdfast.mqtt.h2.files;

import java.io.IOException;

/** A part of a file is not what was written. */
public final class DamagedChunkException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long position;
    private final int length;

    /**
     * Names the part.
     *
     * @param position in the file, in bytes
     * @param length in bytes
     */
    public DamagedChunkException(long position, int length) {
        super(
                "the bytes from "
                        + position
                        + " to "
                        + (position + length - 1)
                        + " of the file are not those that were written");
        this.position = position;
        this.length = length;
    }

    /** In the file, in bytes. */
    public long position() {
        return position;
    }

    /** In bytes. */
    public int length() {
        return length;
    }
}
