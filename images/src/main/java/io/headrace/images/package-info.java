/** What an image is made of, told in CycloneDX. */
@NullMarked
package io.headrace.images;

import org.jspecify.annotations.NullMarked;
