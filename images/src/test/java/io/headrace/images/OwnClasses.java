package io.headrace.images;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.attribute.InnerClassInfo;
import java.lang.classfile.attribute.RecordComponentInfo;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The compiled classes of Headrace that are in one service, read without being loaded. */
final class OwnClasses {

  private static final Pattern OWN = Pattern.compile("L(io/headrace/[^;<]+)");

  private final Map<String, ClassModel> models = new TreeMap<>();

  OwnClasses(String service) {
    for (String module : List.of(service, "src-shared-events")) {
      Path root = Checkout.ROOT.resolve(module).resolve("target/classes");
      try (Stream<Path> files = Files.walk(root)) {
        for (Path file : files.filter(each -> each.toString().endsWith(".class")).toList()) {
          ClassModel model = ClassFile.of().parse(file);
          models.put(model.thisClass().asInternalName().replace('/', '.'), model);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** Records and enums of the contexts that others than their own class can see. */
  List<String> dataOfContexts() {
    return models.entrySet().stream()
        .filter(each -> each.getKey().contains(".contexts."))
        .filter(each -> isRecord(each.getValue()) || each.getValue().flags().has(AccessFlag.ENUM))
        .filter(each -> !isPrivate(each.getValue()))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Records that the methods of HTTP resources take and answer, with what is within them. */
  Set<String> dataOfResources() {
    Set<String> found = new TreeSet<>();
    for (ClassModel model : models.values()) {
      if (isAnnotated(model, "Ljakarta/ws/rs/Path;")) {
        for (MethodModel method : model.methods()) {
          if (method.flags().has(AccessFlag.PUBLIC)) {
            addData(signature(method), found);
          }
        }
      }
    }
    return found;
  }

  /** All strings in the code. */
  Set<String> strings() {
    return models.values().stream()
        .flatMap(each -> StreamSupport.stream(each.constantPool().spliterator(), false))
        .filter(StringEntry.class::isInstance)
        .map(each -> ((StringEntry) each).stringValue())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void addData(String signature, Set<String> found) {
    Matcher names = OWN.matcher(signature);
    while (names.find()) {
      String name = names.group(1).replace('/', '.');
      ClassModel model = models.get(name);
      if (model != null && isRecord(model) && found.add(name)) {
        model
            .findAttribute(Attributes.record())
            .orElseThrow()
            .components()
            .forEach(each -> addData(signature(each), found));
      }
    }
  }

  private static String signature(MethodModel method) {
    return method
        .findAttribute(Attributes.signature())
        .map(each -> each.signature().stringValue())
        .orElse(method.methodType().stringValue());
  }

  private static String signature(RecordComponentInfo component) {
    return component
        .findAttribute(Attributes.signature())
        .map(each -> each.signature().stringValue())
        .orElse(component.descriptor().stringValue());
  }

  private static boolean isRecord(ClassModel model) {
    return model.findAttribute(Attributes.record()).isPresent();
  }

  private static boolean isPrivate(ClassModel model) {
    return model.findAttribute(Attributes.innerClasses()).stream()
        .flatMap(each -> each.classes().stream())
        .filter(
            each -> each.innerClass().asInternalName().equals(model.thisClass().asInternalName()))
        .map(InnerClassInfo::flags)
        .anyMatch(flags -> flags.contains(AccessFlag.PRIVATE));
  }

  private static boolean isAnnotated(ClassModel model, String annotation) {
    return model.findAttribute(Attributes.runtimeVisibleAnnotations()).stream()
        .flatMap(each -> each.annotations().stream())
        .anyMatch(each -> each.className().stringValue().equals(annotation));
  }
}
