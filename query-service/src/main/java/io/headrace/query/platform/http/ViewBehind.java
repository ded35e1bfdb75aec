package io.headrace.query.platform.http;

import io.headrace.query.platform.read.Missing;
import io.headrace.query.platform.read.ViewBehindException;
import io.headrace.query.platform.read.ViewPosition;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.eclipse.microprofile.openapi.annotations.media.Schema;
import org.jspecify.annotations.Nullable;

/**
 * The {@link Problem} of a view that has not come to what the request's consistency tokens speak
 * of.
 *
 * @param missing what it lacks
 * @param completeUntil up to when it has everything; absent if that is not known
 */
@RegisterForReflection
@Schema(
    name = "ViewBehind",
    description = "The view lacks what the consistency token speaks of, in the time given.",
    requiredProperties = {"type", "title", "status", "detail", "missing"})
record ViewBehind(
    @Schema(examples = TYPE) String type,
    @Schema(examples = TITLE) String title,
    @Schema(examples = "503") int status,
    @Schema(
            examples =
                "The view orders lacks order-4711 from version 3 on: it is at version 2. Please try again.")
        String detail,
    List<Missing> missing,
    @Schema(description = "Up to when the view has everything.") @Nullable Instant completeUntil) {

  static final int STATUS = 503;

  private static final String TYPE = "urn:headrace:problem:view-behind";
  private static final String TITLE = "The view is behind";
  private static final int NAMED = 3;
  private static final long MAX_RETRY_AFTER = 30;

  static ViewBehind of(ViewBehindException behind) {
    var named = behind.missing().stream().limit(NAMED).map(ViewBehind::sentence);
    var detail =
        "The view %s lacks what was asked for. %s%s"
            .formatted(
                behind.view(),
                named.collect(Collectors.joining(" ")),
                behind.missing().size() > NAMED ? " And more." : "");
    return new ViewBehind(
        TYPE,
        TITLE,
        STATUS,
        detail,
        behind.missing(),
        behind.position().map(ViewPosition::completeUntil).orElse(null));
  }

  private static String sentence(Missing missing) {
    if (missing.reached() == null) {
      return "How far it is with %s could not be found out.".formatted(missing.streamId());
    }
    return missing.parked()
        ? "An event of %s, up to version %d, could not be applied and waits for an operator."
            .formatted(missing.streamId(), missing.wanted())
        : "It has come to version %d of %s, not to version %d."
            .formatted(missing.reached(), missing.streamId(), missing.wanted());
  }

  /**
   * Seconds: as long as the view is behind, it will hardly catch up in less; and it is worth a look
   * now and then.
   */
  static long retryAfter(ViewBehindException behind) {
    return behind
        .position()
        .flatMap(ViewPosition::age)
        .map(age -> Math.clamp(age.toSeconds(), 1, MAX_RETRY_AFTER))
        .orElse(1L);
  }

  /** The same without what only this problem has. */
  Problem problem() {
    return new Problem(type, title, status, detail, null, null, null);
  }
}
