package io.headrace.systemtests.olist;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.jspecify.annotations.Nullable;

/**
 * Writes orders that look like Olist's, with the same oddities about as often as the excerpt of the
 * data set has them. The same number of orders and the same seed give the same bytes, on every
 * machine: {@link Random} is specified to the bit, and only its integers are used.
 */
public final class OlistGenerator {

  private static final String MARKER = "generated-by-headrace.txt";
  private static final LocalDateTime FIRST_PURCHASE = LocalDateTime.of(2016, 9, 4, 0, 0);
  private static final int DAYS = 770;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT);
  private static final int MINUTE = 60;
  private static final int HOUR = 60 * MINUTE;
  private static final int DAY = 24 * HOUR;

  /** The life of an order, and how often it occurs among 4,043. */
  private enum Life {
    DELIVERED(2_550),
    SHIPPED(526),
    UNAVAILABLE_WITHOUT_ITEMS(304),
    CANCELLED(172),
    INVOICED(153),
    PROCESSING(136),
    CANCELLED_UNAPPROVED(66),
    CANCELLED_WITHOUT_ITEMS(22),
    CARRIER_BEFORE_APPROVAL(37),
    CANCELLED_AFTER_DISPATCH(31),
    OVERPAID(15),
    UNDERPAID(7),
    DELIVERED_WITHOUT_CUSTOMER_DATE(5),
    CREATED_WITHOUT_ITEMS(3),
    CUSTOMER_BEFORE_CARRIER(3),
    CANCELLED_AFTER_DELIVERY(2),
    CARRIER_BEFORE_PURCHASE(2),
    NOT_DEFINED_PAYMENT(2),
    UNAVAILABLE(2),
    APPROVED(1),
    CREATED(1),
    DELIVERED_WITHOUT_APPROVAL(1),
    DELIVERED_WITHOUT_CARRIER_DATE(1),
    NO_INSTALLMENTS(1),
    SHIPPED_WITHOUT_ITEMS(1),
    WORTHLESS_VOUCHER(1);

    private static final List<Life> ALL = List.of(values());
    private static final int TOTAL = ALL.stream().mapToInt(life -> life.weight).sum();

    private final int weight;

    Life(int weight) {
      this.weight = weight;
    }

    static Life any(Random random) {
      int point = random.nextInt(TOTAL);
      for (Life life : ALL) {
        point -= life.weight;
        if (point < 0) {
          return life;
        }
      }
      throw new IllegalStateException();
    }
  }

  /** The reviews of an order, and how often they occur among 4,043. */
  private enum Reviews {
    ONE(3_928),
    TWO(30),
    TWO_AT_THE_SAME_TIME(8),
    THREE(2),
    BEFORE_PURCHASE(34),
    SAME_ID_AS_ANOTHER_ORDERS(5),
    LINE_BREAKS_AND_QUOTES(35),
    NOT_ANSWERED(1);

    private static final List<Reviews> ALL = List.of(values());
    private static final int TOTAL = ALL.stream().mapToInt(reviews -> reviews.weight).sum();

    private final int weight;

    Reviews(int weight) {
      this.weight = weight;
    }

    static Reviews any(Random random) {
      int point = random.nextInt(TOTAL);
      for (Reviews reviews : ALL) {
        point -= reviews.weight;
        if (point < 0) {
          return reviews;
        }
      }
      throw new IllegalStateException();
    }
  }

  private static final List<String> TITLES =
      List.of("", "", "", "", "Ótimo", "Não recebi o produto.", "recomendo", "Bom ", "10", "👍👏");
  private static final List<String> MESSAGES =
      List.of(
          "",
          "",
          "",
          "Chegou antes do prazo, muito bem embalado!",
          "Pedi reembolso e sem resposta até o momento ",
          "A entrega foi rápida; porém o produto veio com defeito, e não é \"novo\" como diz.",
          "Gostei muito 😍",
          "não é o produto que comprei - ação, coração, maçã");
  private static final List<String> LONG_MESSAGES =
      List.of(
          "Comprei dois e recebi um.\r\nLiguei, e \"ninguém\" responde.\r\n\r\nQuero o outro!",
          "Bom produto\ne chegou, enfim,\n\n\"no prazo\".");
  private static final List<String> CITIES =
      List.of("sao paulo,SP", "curitiba,PR", "niterói,RJ", "belém,PA", "santa bárbara d'oeste,SP");

  private final Random random;
  private final int orders;
  private final List<String> sellers;
  private final List<String> products;
  private final List<String> recentPersons = new ArrayList<>();
  private List<String> recentReview = List.of();

  private OlistGenerator(int orders, long seed) {
    this.random = new Random(seed);
    this.orders = orders;
    this.sellers = ids(Math.clamp(orders * 2L / 5, 3, 3_000));
    this.products = ids(Math.clamp(orders * 3L / 5, 5, 30_000));
  }

  /**
   * @param done is told the number of orders written
   * @throws BadDataException if the folder has files that were not written by this generator
   */
  public static void generate(Path folder, int orders, long seed, LongConsumer done) {
    try {
      requireOurs(folder);
      Files.createDirectories(folder);
      // First, so that a folder that was left half written may be written again.
      Files.writeString(
          folder.resolve(MARKER),
          "Written by Headrace's generator: %d orders, seed %d. Not real orders.\n"
              .formatted(orders, seed));
      new OlistGenerator(orders, seed).write(folder, done);
    } catch (IOException e) {
      throw new BadDataException("Cannot write to %s: %s.".formatted(folder, e.getMessage()));
    }
  }

  private static void requireOurs(Path folder) throws IOException {
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new BadDataException(folder + " is a file, not a folder.");
    }
    if (!Files.isDirectory(folder) || Files.exists(folder.resolve(MARKER))) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      if (files.findAny().isPresent()) {
        throw new BadDataException(
            "%s has files that were not generated; name an empty or a new folder."
                .formatted(folder.toAbsolutePath().normalize()));
      }
    }
  }

  // ---- writing ----

  private static final class Files6 implements AutoCloseable {
    private final Map<OlistFile, CSVPrinter> printers = new EnumMap<>(OlistFile.class);

    Files6(Path folder) throws IOException {
      CSVFormat format = CSVFormat.RFC4180.builder().setRecordSeparator("\n").get();
      for (OlistFile file : OlistFile.values()) {
        BufferedWriter writer =
            Files.newBufferedWriter(folder.resolve(file.fileName()), StandardCharsets.UTF_8);
        CSVPrinter printer = new CSVPrinter(writer, format);
        printers.put(file, printer);
        printer.printRecord(file.columns());
      }
    }

    void row(OlistFile file, Object... values) {
      CSVPrinter printer = printers.get(file);
      if (printer == null) {
        throw new IllegalStateException("closed");
      }
      try {
        printer.printRecord(values);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      for (CSVPrinter printer : printers.values()) {
        printer.close(true);
      }
    }
  }

  private void write(Path folder, LongConsumer done) throws IOException {
    try (Files6 files = new Files6(folder)) {
      for (String seller : sellers) {
        files.row(OlistFile.SELLERS, address(seller));
      }
      for (int i = 0; i < orders; i++) {
        // Each oddity once before chance decides, so that a small folder has them all.
        Life life = i < Life.ALL.size() ? Life.ALL.get(i) : Life.any(random);
        Reviews reviews = i < Reviews.ALL.size() ? Reviews.ALL.get(i) : Reviews.any(random);
        order(files, life, reviews);
        done.accept(i + 1L);
      }
    }
  }

  private void order(Files6 files, Life life, Reviews reviews) {
    String orderId = id();
    String customerId = id();
    files.row(OlistFile.CUSTOMERS, address(customerId, person()));
    Dates dates = dates(life);
    files.row(
        OlistFile.ORDERS,
        orderId,
        customerId,
        status(life),
        time(dates.purchase),
        time(dates.approved),
        time(dates.carrier),
        time(dates.customer),
        time(dates.estimated));
    long cents = items(files, orderId, life, dates.purchase);
    payments(files, orderId, life, cents == 0 ? between(2_000, 30_000) : cents);
    reviews(files, orderId, reviews, dates);
  }

  private String person() {
    // About one order in thirty is another one of someone who came before.
    if (!recentPersons.isEmpty() && random.nextInt(30) == 0) {
      return recentPersons.get(random.nextInt(recentPersons.size()));
    }
    String person = id();
    if (recentPersons.size() < 1_000) {
      recentPersons.add(person);
    } else {
      recentPersons.set(random.nextInt(recentPersons.size()), person);
    }
    return person;
  }

  // ---- an order's dates ----

  private record Dates(
      LocalDateTime purchase,
      @Nullable LocalDateTime approved,
      @Nullable LocalDateTime carrier,
      @Nullable LocalDateTime customer,
      LocalDateTime estimated) {}

  private Dates dates(Life life) {
    LocalDateTime purchase =
        FIRST_PURCHASE.plusSeconds((long) between(0, DAYS) * DAY + within(DAY));
    // Most are approved within the hour; a boleto takes days.
    LocalDateTime approved =
        purchase.plusSeconds(random.nextInt(4) > 0 ? within(HOUR) : within(3 * DAY));
    LocalDateTime carrier = approved.plusSeconds(HOUR + within(4 * DAY));
    LocalDateTime customer = carrier.plusSeconds(12 * HOUR + within(15 * DAY));
    LocalDateTime estimated = purchase.toLocalDate().atStartOfDay().plusDays(between(10, 35));
    return switch (life) {
      case DELIVERED,
          OVERPAID,
          UNDERPAID,
          CANCELLED_AFTER_DELIVERY,
          NO_INSTALLMENTS,
          WORTHLESS_VOUCHER ->
          new Dates(purchase, approved, carrier, customer, estimated);
      case SHIPPED,
          SHIPPED_WITHOUT_ITEMS,
          CANCELLED_AFTER_DISPATCH,
          DELIVERED_WITHOUT_CUSTOMER_DATE ->
          new Dates(purchase, approved, carrier, null, estimated);
      case UNAVAILABLE,
          UNAVAILABLE_WITHOUT_ITEMS,
          CANCELLED,
          CANCELLED_WITHOUT_ITEMS,
          INVOICED,
          PROCESSING,
          APPROVED ->
          new Dates(purchase, approved, null, null, estimated);
      case CANCELLED_UNAPPROVED, NOT_DEFINED_PAYMENT, CREATED, CREATED_WITHOUT_ITEMS ->
          new Dates(purchase, null, null, null, estimated);
      case CARRIER_BEFORE_APPROVAL -> {
        LocalDateTime late = purchase.plusSeconds(2 * DAY + within(DAY));
        yield new Dates(purchase, late, late.minusSeconds(HOUR + within(DAY)), customer, estimated);
      }
      case CUSTOMER_BEFORE_CARRIER ->
          new Dates(
              purchase,
              approved,
              carrier,
              carrier.minusSeconds(MINUTE + within(HOUR / 2)),
              estimated);
      case CARRIER_BEFORE_PURCHASE ->
          new Dates(
              purchase, approved, purchase.minusSeconds(1 + within(DAY)), customer, estimated);
      case DELIVERED_WITHOUT_APPROVAL -> new Dates(purchase, null, carrier, customer, estimated);
      case DELIVERED_WITHOUT_CARRIER_DATE ->
          new Dates(purchase, approved, null, customer, estimated);
    };
  }

  private static String status(Life life) {
    return switch (life) {
      case DELIVERED,
          OVERPAID,
          UNDERPAID,
          CARRIER_BEFORE_APPROVAL,
          CUSTOMER_BEFORE_CARRIER,
          CARRIER_BEFORE_PURCHASE,
          DELIVERED_WITHOUT_APPROVAL,
          DELIVERED_WITHOUT_CARRIER_DATE,
          DELIVERED_WITHOUT_CUSTOMER_DATE,
          NO_INSTALLMENTS,
          WORTHLESS_VOUCHER ->
          "delivered";
      case SHIPPED, SHIPPED_WITHOUT_ITEMS -> "shipped";
      case UNAVAILABLE, UNAVAILABLE_WITHOUT_ITEMS -> "unavailable";
      case CANCELLED,
          CANCELLED_UNAPPROVED,
          CANCELLED_WITHOUT_ITEMS,
          CANCELLED_AFTER_DISPATCH,
          CANCELLED_AFTER_DELIVERY,
          NOT_DEFINED_PAYMENT ->
          "canceled";
      case INVOICED -> "invoiced";
      case PROCESSING -> "processing";
      case CREATED, CREATED_WITHOUT_ITEMS -> "created";
      case APPROVED -> "approved";
    };
  }

  // ---- items and payments ----

  /** The sum of prices and freight in cents; 0 without items. */
  private long items(Files6 files, String orderId, Life life, LocalDateTime purchase) {
    switch (life) {
      case UNAVAILABLE_WITHOUT_ITEMS,
          CANCELLED_WITHOUT_ITEMS,
          CREATED_WITHOUT_ITEMS,
          SHIPPED_WITHOUT_ITEMS -> {
        return 0;
      }
      default -> {
        // The others have at least one.
      }
    }
    int count = 1;
    while (count < 8 && random.nextInt(8) == 0) {
      count++;
    }
    String product = any(products);
    String seller = skewed(sellers);
    int price = price();
    int freight = freight();
    long total = 0;
    for (int number = 1; number <= count; number++) {
      // A further item is mostly one more of the same; now and then it is another seller's.
      if (number > 1 && random.nextInt(3) == 0) {
        product = any(products);
        price = price();
        seller = random.nextInt(2) == 0 ? skewed(sellers) : seller;
        freight = freight();
      }
      files.row(
          OlistFile.ITEMS,
          orderId,
          number,
          product,
          seller,
          time(purchase.plusDays(6)),
          amount(price),
          amount(freight));
      total += price + freight;
    }
    return total;
  }

  private void payments(Files6 files, String orderId, Life life, long total) {
    if (life == Life.NOT_DEFINED_PAYMENT) {
      files.row(OlistFile.PAYMENTS, orderId, 1, "not_defined", 1, amount(0));
      return;
    }
    long due =
        switch (life) {
          case OVERPAID -> total + (random.nextInt(3) == 0 ? 1 : between(2, 3_000));
          case UNDERPAID -> total - between(1, 3);
          default -> total;
        };
    int number = 1;
    if (life == Life.WORTHLESS_VOUCHER) {
      files.row(OlistFile.PAYMENTS, orderId, number++, "voucher", 1, amount(0));
    }
    // Vouchers first, the rest by card; a few orders are paid by vouchers alone.
    while (number < 6 && due > 1_000 && random.nextInt(12) == 0) {
      long part = between(500, (int) Math.min(due, 10_000));
      files.row(OlistFile.PAYMENTS, orderId, number++, "voucher", 1, amount(part));
      due -= part;
    }
    int kind = random.nextInt(100);
    String type =
        kind < 75 ? "credit_card" : kind < 94 ? "boleto" : kind < 98 ? "voucher" : "debit_card";
    int installments =
        life == Life.NO_INSTALLMENTS ? 0 : type.equals("credit_card") ? 1 + random.nextInt(10) : 1;
    files.row(OlistFile.PAYMENTS, orderId, number, type, installments, amount(due));
  }

  private int price() {
    // Most things are cheap: the smaller of two draws, ending as prices end.
    int price = Math.min(between(500, 60_000), between(500, 20_000));
    return random.nextInt(3) > 0 ? price / 100 * 100 + 90 : price;
  }

  private int freight() {
    return random.nextInt(500) == 0 ? 0 : between(780, 4_500);
  }

  // ---- reviews ----

  private void reviews(Files6 files, String orderId, Reviews reviews, Dates dates) {
    LocalDateTime last =
        Stream.of(dates.purchase, dates.approved, dates.carrier, dates.customer)
            .filter(time -> time != null)
            .max(LocalDateTime::compareTo)
            .orElseThrow();
    LocalDateTime created = last.toLocalDate().atStartOfDay().plusDays(between(1, 5));
    switch (reviews) {
      case ONE -> review(files, id(), orderId, any(MESSAGES), created, true);
      case TWO -> {
        review(files, id(), orderId, any(MESSAGES), created, true);
        review(files, id(), orderId, any(MESSAGES), created.plusDays(between(1, 30)), true);
      }
      case TWO_AT_THE_SAME_TIME -> {
        review(files, id(), orderId, any(MESSAGES), created, true);
        review(files, id(), orderId, any(MESSAGES), created, true);
      }
      case THREE -> {
        for (int i = 0; i < 3; i++) {
          review(files, id(), orderId, any(MESSAGES), created.plusDays(7L * i), true);
        }
      }
      case BEFORE_PURCHASE ->
          review(
              files,
              id(),
              orderId,
              any(MESSAGES),
              dates.purchase.toLocalDate().atStartOfDay().minusDays(random.nextInt(40)),
              true);
      case SAME_ID_AS_ANOTHER_ORDERS -> {
        List<Object> same = new ArrayList<>(recentReview);
        if (same.isEmpty()) {
          review(files, id(), orderId, any(MESSAGES), created, true);
        } else {
          same.set(1, orderId);
          files.row(OlistFile.REVIEWS, same.toArray());
        }
      }
      case LINE_BREAKS_AND_QUOTES ->
          review(files, id(), orderId, any(LONG_MESSAGES), created, true);
      case NOT_ANSWERED -> review(files, id(), orderId, any(MESSAGES), created, false);
    }
  }

  private void review(
      Files6 files,
      String reviewId,
      String orderId,
      String message,
      LocalDateTime created,
      boolean answered) {
    int chance = random.nextInt(100);
    int score = chance < 42 ? 5 : chance < 57 ? 4 : chance < 65 ? 3 : chance < 70 ? 2 : 1;
    recentReview =
        List.of(
            reviewId,
            orderId,
            String.valueOf(score),
            any(TITLES),
            message,
            time(created),
            answered ? time(created.plusSeconds(HOUR + within(4 * DAY))) : "");
    files.row(OlistFile.REVIEWS, recentReview.toArray());
  }

  // ---- small things ----

  private Object[] address(String... ids) {
    String[] city = any(CITIES).split(",");
    List<Object> row = new ArrayList<>(Arrays.asList(ids));
    row.add(format("%05d", between(1_000, 99_999)));
    row.addAll(Arrays.asList(city));
    return row.toArray();
  }

  private List<String> ids(int count) {
    return Stream.generate(this::id).limit(count).toList();
  }

  private String id() {
    return format("%016x%016x", random.nextLong(), random.nextLong());
  }

  private int between(int from, int toExclusive) {
    return from + random.nextInt(Math.max(1, toExclusive - from));
  }

  private int within(int seconds) {
    return random.nextInt(seconds);
  }

  private <T> T any(List<T> values) {
    return values.get(random.nextInt(values.size()));
  }

  /** A few sell much. */
  private <T> T skewed(List<T> values) {
    return values.get(random.nextInt(1 + random.nextInt(values.size())));
  }

  /** The digits of the files do not depend on where they are made. */
  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private static String time(@Nullable LocalDateTime time) {
    return time == null ? "" : TIME.format(time);
  }

  /** As in the excerpt: no needless zeros, but always a decimal. */
  private static String amount(long cents) {
    long fraction = cents % 100;
    return cents / 100
        + "."
        + (fraction % 10 == 0 ? String.valueOf(fraction / 10) : format("%02d", fraction));
  }
}
