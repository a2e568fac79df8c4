package dev.holdfast.mqtt.samples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
    @TempDir Path folder;

    @Test
    void handsEachLineOverOnceWhileItGrows() {
        Path path = folder.resolve("journal");
        Journal.Reader reader = new Journal.Reader(path);
        assertEquals(List.of(), read(reader));
        try (Journal journal = Journal.open(path)) {
            journal.write("one");
            journal.write("two");
            assertEquals(List.of("one", "two"), read(reader));
            journal.write("three");
            assertEquals(List.of("three"), read(reader));
        }
    }

    @Test
    void doesNotHandOverALineThatIsNotComplete() throws IOException {
        Path path = folder.resolve("journal");
        Files.writeString(path, "one\ntw");
        Journal.Reader reader = new Journal.Reader(path);
        assertEquals(List.of("one"), read(reader));
        Files.writeString(path, "o\n", StandardOpenOption.APPEND);
        assertEquals(List.of("two"), read(reader));
    }

    @Test
    void cutsOffATornLineBeforeItWritesOn() throws IOException {
        Path path = folder.resolve("journal");
        Files.writeString(path, "one\ntw");
        try (Journal journal = Journal.open(path)) {
            journal.write("three");
        }
        assertEquals(List.of("one", "three"), Files.readAllLines(path));
    }

    private static List<String> read(Journal.Reader reader) {
        List<String> lines = new ArrayList<>();
        reader.read(lines::add);
        return lines;
    }
}
