package dev.holdfast.mqtt.h2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** What a disk holds of a recorded file after a crash at some point. */
final class DiskImage {
    /** How much of what was not forced is there. */
    enum Unforced {
        /** Nothing: the disk kept only what it had to. */
        NONE,
        /** Each sector with even chance. */
        SOME,
        /** Nearly all sectors. */
        MOST,
        /** All but a part of the last write: the process died, the machine went on. */
        ALL
    }

    private byte[] bytes = new byte[1 << 16];
    private int length;

    private DiskImage() {}

    private DiskImage(DiskImage other) {
        bytes = other.bytes.clone();
        length = other.length;
    }

    /** Builds images for crash points in ascending order. */
    static final class Builder {
        private final List<RecordingFiles.Event> events;
        private final DiskImage forced = new DiskImage();
        private int forcedEvents;

        Builder(List<RecordingFiles.Event> events) {
            this.events = events;
        }

        /** Begins with a file that was there before the first event. */
        Builder(List<RecordingFiles.Event> events, byte[] before) {
            this(events);
            forced.put(0, before, 0, before.length);
        }

        private Builder(List<RecordingFiles.Event> events, DiskImage before) {
            this(events, Arrays.copyOf(before.bytes, before.length));
        }

        /** The same disk, to which more happens. */
        Builder then(List<RecordingFiles.Event> more) {
            List<RecordingFiles.Event> all = new ArrayList<>(events);
            all.addAll(more);
            return new Builder(all, forced);
        }

        /** All that was written, forced or not. */
        byte[] written() {
            DiskImage image = new DiskImage(forced);
            events.forEach(image::apply);
            return Arrays.copyOf(image.bytes, image.length);
        }

        /** The image after a crash behind the last event. */
        byte[] crashAtEnd(Unforced unforced, int sector, Random random) {
            return crashAt(events.size(), unforced, sector, random);
        }

        /**
         * The image after a crash.
         *
         * @param point so many events have happened
         * @param sector what the disk writes as a whole
         */
        byte[] crashAt(int point, Unforced unforced, int sector, Random random) {
            int lastForce = forcedEvents;
            for (int i = forcedEvents; i < point; i++) {
                if (events.get(i) instanceof RecordingFiles.Force) {
                    lastForce = i + 1;
                }
            }
            for (; forcedEvents < lastForce; forcedEvents++) {
                forced.apply(events.get(forcedEvents));
            }
            DiskImage image = new DiskImage(forced);
            for (int i = forcedEvents; i < point; i++) {
                RecordingFiles.Event event = events.get(i);
                if (event instanceof RecordingFiles.Write write
                        && (unforced != Unforced.ALL || i == point - 1)) {
                    image.applyPartly(write, unforced, sector, random);
                } else if (unforced != Unforced.NONE) {
                    image.apply(event);
                }
            }
            return Arrays.copyOf(image.bytes, image.length);
        }
    }

    private void apply(RecordingFiles.Event event) {
        if (event instanceof RecordingFiles.Write write) {
            put(write.position(), write.bytes(), 0, write.bytes().length);
        } else if (event instanceof RecordingFiles.Truncate truncate) {
            int size = (int) Math.min(length, truncate.size());
            Arrays.fill(bytes, size, length, (byte) 0);
            length = size;
        }
    }

    private void applyPartly(
            RecordingFiles.Write write, Unforced unforced, int sector, Random random) {
        int size = write.bytes().length;
        if (unforced == Unforced.ALL) {
            int sectors = (size + sector - 1) / sector;
            put(
                    write.position(),
                    write.bytes(),
                    0,
                    Math.min(size, sector * (random.nextInt(sectors) + 1)));
            return;
        }
        for (int from = 0; from < size; from += sector) {
            boolean kept =
                    switch (unforced) {
                        case NONE -> false;
                        case SOME -> random.nextBoolean();
                        case MOST, ALL -> random.nextInt(10) != 0;
                    };
            if (kept) {
                put(write.position(), write.bytes(), from, Math.min(sector, size - from));
            }
        }
    }

    private void put(long position, byte[] source, int from, int count) {
        int start = Math.toIntExact(position) + from;
        int end = start + count;
        if (end > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(end, 2 * bytes.length));
        }
        System.arraycopy(source, from, bytes, start, count);
        length = Math.max(length, end);
    }
}
