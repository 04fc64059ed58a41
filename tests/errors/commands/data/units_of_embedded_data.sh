qffc eval trained:water --data water --units rmd17
